locals {
  datasets = {
    views        = var.game
    tables       = "${var.game}_tables"
    archive      = "${var.game}_archive"
    dead_letters = "${var.game}_dead_letters"
  }
}

# gamebeam tables apply and gamebeam views make what is in them.
resource "google_bigquery_dataset" "all" {
  for_each                   = local.datasets
  dataset_id                 = each.value
  location                   = var.region
  delete_contents_on_destroy = false
  max_time_travel_hours      = 48
  # Dead letters may hold what a player typed.
  default_partition_expiration_ms = each.key == "dead_letters" ? 14 * 86400000 : null

  dynamic "default_encryption_configuration" {
    for_each = var.kms_key[*]
    content {
      kms_key_name = default_encryption_configuration.value
    }
  }
  lifecycle {
    ignore_changes = [access]
  }
}

# Views read tables and archive on behalf of who asks them: analysts need no access below.
resource "google_bigquery_dataset_access" "views_read" {
  for_each   = toset(["tables", "archive"])
  dataset_id = google_bigquery_dataset.all[each.value].dataset_id
  dataset {
    dataset {
      project_id = var.project
      dataset_id = google_bigquery_dataset.all["views"].dataset_id
    }
    target_types = ["VIEWS"]
  }
}

resource "google_bigquery_dataset_iam_member" "analysts" {
  for_each   = toset(var.analysts)
  dataset_id = google_bigquery_dataset.all["views"].dataset_id
  role       = "roles/bigquery.dataViewer"
  member     = each.value
}

resource "google_bigquery_dataset_iam_member" "on_call" {
  for_each   = { for pair in setproduct(keys(local.datasets), var.on_call) : join(" ", pair) => pair }
  dataset_id = google_bigquery_dataset.all[each.value[0]].dataset_id
  role       = "roles/bigquery.dataViewer"
  member     = each.value[1]
}

resource "google_bigquery_dataset_iam_member" "job" {
  for_each   = toset(["tables", "dead_letters"])
  dataset_id = google_bigquery_dataset.all[each.value].dataset_id
  role       = "roles/bigquery.dataEditor"
  member     = google_service_account.job.member
}

# A policy tag for the columns that the contract marks with pii: gamebeam tables apply --policy_tag=… sets it on them.
resource "google_data_catalog_taxonomy" "contract" {
  display_name           = "${local.name}-contract"
  region                 = var.region
  activated_policy_types = ["FINE_GRAINED_ACCESS_CONTROL"]
}

resource "google_data_catalog_policy_tag" "pii" {
  taxonomy     = google_data_catalog_taxonomy.contract.id
  display_name = "pii"
  description  = "Columns that the game's contract marks with pii."
}

resource "google_data_catalog_policy_tag_iam_member" "pii_readers" {
  for_each   = toset(var.pii_readers)
  policy_tag = google_data_catalog_policy_tag.pii.name
  role       = "roles/datacatalog.categoryFineGrainedReader"
  member     = each.value
}

output "policy_tag" {
  description = "For gamebeam tables apply --policy_tag."
  value       = google_data_catalog_policy_tag.pii.name
}

# The brake on a query without a day in it. maximumBytesBilled is a property of a query, which who asks may leave out; this is not.
resource "google_service_usage_consumer_quota_override" "bytes_a_reader_and_day" {
  provider       = google-beta
  count          = var.query_gib_per_reader_and_day == null ? 0 : 1
  project        = var.project
  service        = "bigquery.googleapis.com"
  metric         = urlencode("bigquery.googleapis.com/quota/query/usage")
  limit          = urlencode("/d/project/user")
  override_value = var.query_gib_per_reader_and_day * 1024
  force          = true
}
