resource "google_service_account" "job" {
  account_id   = "${substr(local.name, 0, 20)}-gamebeam"
  display_name = "Gamebeam's job for ${var.game}"
}

resource "google_service_account" "scheduler" {
  count        = var.batch_source == null ? 0 : 1
  account_id   = "${substr(local.name, 0, 20)}-schedule"
  display_name = "Launches Gamebeam's batch runs for ${var.game}"
}

resource "google_project_iam_member" "worker" {
  project = var.project
  role    = "roles/dataflow.worker"
  member  = google_service_account.job.member
}

resource "google_storage_bucket_iam_member" "job" {
  for_each = {
    archive = google_storage_bucket.archive.name
    work    = google_storage_bucket.work.name
  }
  bucket = each.value
  role   = "roles/storage.objectUser"
  member = google_service_account.job.member
}

resource "google_storage_bucket_iam_member" "raw_reader" {
  count  = var.keep_raw_messages ? 1 : 0
  bucket = google_storage_bucket.raw[0].name
  role   = "roles/storage.objectViewer"
  member = google_service_account.job.member
}

# External tables are read with the credentials of who asks.
resource "google_storage_bucket_iam_member" "archive_readers" {
  for_each = toset(concat(var.analysts, var.on_call))
  bucket   = google_storage_bucket.archive.name
  role     = "roles/storage.objectViewer"
  member   = each.value
}

resource "google_project_iam_member" "query" {
  for_each = toset(concat(var.analysts, var.on_call))
  project  = var.project
  role     = "roles/bigquery.jobUser"
  member   = each.value
}

resource "google_pubsub_subscription_iam_member" "job" {
  for_each     = toset(["roles/pubsub.subscriber", "roles/pubsub.viewer"])
  subscription = google_pubsub_subscription.job.id
  role         = each.value
  member       = google_service_account.job.member
}

resource "google_artifact_registry_repository_iam_member" "job" {
  repository = google_artifact_registry_repository.images.repository_id
  location   = var.region
  role       = "roles/artifactregistry.reader"
  member     = google_service_account.job.member
}

# The key of the players' hash. Its versions are made by hand: openssl rand -hex 32 | gcloud secrets versions add … --data-file=-
resource "google_secret_manager_secret" "player_hash" {
  secret_id = "${local.name}-player-hash"
  replication {
    user_managed {
      replicas {
        location = var.region
      }
    }
  }
  lifecycle {
    prevent_destroy = true
  }
}

resource "google_secret_manager_secret_iam_member" "job" {
  secret_id = google_secret_manager_secret.player_hash.id
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.job.member
}

resource "google_project_iam_member" "scheduler" {
  count   = var.batch_source == null ? 0 : 1
  project = var.project
  role    = "roles/dataflow.developer"
  member  = google_service_account.scheduler[0].member
}

resource "google_service_account_iam_member" "scheduler" {
  count              = var.batch_source == null ? 0 : 1
  service_account_id = google_service_account.job.name
  role               = "roles/iam.serviceAccountUser"
  member             = google_service_account.scheduler[0].member
}
