locals {
  job      = "${local.name}-gamebeam"
  image    = "${var.region}-docker.pkg.dev/${var.project}/gamebeam/gamebeam:${var.image_tag}"
  template = "gs://${google_storage_bucket.work.name}/templates/gamebeam-${var.image_tag}.json"
  archive  = "gs://${google_storage_bucket.archive.name}/archive"
  config   = "gs://${google_storage_bucket.work.name}/${google_storage_bucket_object.config.name}"
  parameters = {
    contract            = var.contract
    archive             = local.archive
    tables              = "bq://${var.project}.${var.game}"
    config              = local.config
    sdk_container_image = local.image
    sdk_location        = "container"
  }
}

resource "google_storage_bucket_object" "config" {
  bucket  = google_storage_bucket.work.name
  name    = "config/${var.game}.yaml"
  content = "pii_key_file: ${google_secret_manager_secret.player_hash.id}/versions/${var.player_hash_version}\n"
}

# A changed image_tag or parameter is an in-place update under the same run: state is kept. What breaks one: docs/operations.md.
resource "google_dataflow_flex_template_job" "stream" {
  provider                     = google-beta
  count                        = var.source_uri == null ? 0 : 1
  name                         = local.job
  region                       = var.region
  container_spec_gcs_path      = local.template
  on_delete                    = "drain"
  skip_wait_on_job_termination = false
  enable_streaming_engine      = true
  service_account_email        = google_service_account.job.email
  machine_type                 = var.machine_type
  max_workers                  = var.max_workers
  kms_key_name                 = var.kms_key
  staging_location             = "gs://${google_storage_bucket.work.name}/staging"
  temp_location                = "gs://${google_storage_bucket.work.name}/temp"
  ip_configuration             = "WORKER_IP_PRIVATE"
  labels                       = { game = local.name }

  parameters = merge(local.parameters, {
    source = var.source_uri
    run_id = "${local.job}-${var.run}"
  })
}

# A batch run reads what no complete run has read: a launch that is missed or comes twice changes nothing.
# One job name: Dataflow refuses a second launch while the first runs.
resource "google_cloud_scheduler_job" "batch" {
  count            = var.batch_source == null ? 0 : 1
  name             = "${local.job}-batch"
  region           = var.region
  schedule         = var.batch_schedule
  time_zone        = var.batch_time_zone
  attempt_deadline = "180s"

  http_target {
    http_method = "POST"
    uri         = "https://dataflow.googleapis.com/v1b3/projects/${var.project}/locations/${var.region}/flexTemplates:launch"
    headers     = { "Content-Type" = "application/json" }
    body = base64encode(jsonencode({
      launchParameter = {
        jobName              = "${local.job}-batch"
        containerSpecGcsPath = local.template
        parameters           = merge(local.parameters, { source = var.batch_source })
        environment = {
          serviceAccountEmail = google_service_account.job.email
          machineType         = var.machine_type
          maxWorkers          = var.max_workers
          stagingLocation     = "gs://${google_storage_bucket.work.name}/staging"
          tempLocation        = "gs://${google_storage_bucket.work.name}/temp"
          ipConfiguration     = "WORKER_IP_PRIVATE"
        }
      }
    }))
    oauth_token {
      service_account_email = google_service_account.scheduler[0].email
    }
  }
}

output "run_id" {
  value = var.source_uri == null ? null : "${local.job}-${var.run}"
}

output "archive" {
  value = local.archive
}

output "datasets" {
  value = { for key, dataset in google_bigquery_dataset.all : key => dataset.dataset_id }
}
