data "google_project" "this" {
  project_id = var.project
}

locals {
  pubsub_agent = "serviceAccount:service-${data.google_project.this.number}@gcp-sa-pubsub.iam.gserviceaccount.com"
}

resource "google_pubsub_topic" "events" {
  name                       = "${local.name}-events"
  message_retention_duration = "604800s"
  kms_key_name               = var.kms_key
}

resource "google_pubsub_topic" "undeliverable" {
  name                       = "${local.name}-undeliverable"
  message_retention_duration = "604800s"
  kms_key_name               = var.kms_key
}

resource "google_pubsub_subscription" "job" {
  name                       = "${local.name}-gamebeam"
  topic                      = google_pubsub_topic.events.id
  ack_deadline_seconds       = 600
  message_retention_duration = "604800s"

  expiration_policy {
    ttl = ""
  }
  # A message that crashes the job over and over; what cannot be decoded is a dead letter in the archive, and acknowledged.
  dead_letter_policy {
    dead_letter_topic     = google_pubsub_topic.undeliverable.id
    max_delivery_attempts = 20
  }
  retry_policy {
    minimum_backoff = "10s"
    maximum_backoff = "600s"
  }
}

resource "google_pubsub_subscription" "undeliverable" {
  name                       = "${local.name}-undeliverable"
  topic                      = google_pubsub_topic.undeliverable.id
  message_retention_duration = "604800s"

  expiration_policy {
    ttl = ""
  }
}

resource "google_pubsub_topic_iam_member" "undeliverable" {
  topic  = google_pubsub_topic.undeliverable.id
  role   = "roles/pubsub.publisher"
  member = local.pubsub_agent
}

resource "google_pubsub_subscription_iam_member" "forward" {
  subscription = google_pubsub_subscription.job.id
  role         = "roles/pubsub.subscriber"
  member       = local.pubsub_agent
}

resource "google_pubsub_subscription" "raw" {
  count = var.keep_raw_messages ? 1 : 0
  name  = "${local.name}-raw"
  topic = google_pubsub_topic.events.id

  cloud_storage_config {
    bucket          = google_storage_bucket.raw[0].name
    filename_prefix = "messages/"
    filename_suffix = ".avro"
    max_duration    = "300s"
    avro_config {
      write_metadata = true
    }
  }
  depends_on = [google_storage_bucket_iam_member.raw_writer]
}

resource "google_storage_bucket_iam_member" "raw_writer" {
  for_each = var.keep_raw_messages ? toset(["roles/storage.objectCreator", "roles/storage.legacyBucketReader"]) : toset([])
  bucket   = google_storage_bucket.raw[0].name
  role     = each.value
  member   = local.pubsub_agent
}
