locals {
  runbook = "https://github.com/gamebeam/gamebeam/blob/main/docs/operations.md"
  reasons = "too_large|malformed|unknown_event_type|schema_violation|timestamp_out_of_range"
  streams = var.source_uri == null ? {} : { (local.job) = true }
  decoded = "job_name=\"${local.job}\", ptransform=~\"Decode/.*\""
  counter = "dataflow_googleapis_com:job_user_counter"

  # Alerts of one number: what is measured, the limit, for how long, and the runbook's section.
  thresholds = {
    "watermark-behind" = {
      filter    = "resource.type = \"dataflow_job\" AND metric.type = \"dataflow.googleapis.com/job/data_watermark_age\" AND resource.labels.job_name = \"${local.job}\""
      threshold = 600
      aligner   = "ALIGN_MAX"
      duration  = "300s"
      what      = "The job is ten minutes behind its source: tables and rollups are that old."
    }
    "oldest-unacked" = {
      filter    = "resource.type = \"pubsub_subscription\" AND metric.type = \"pubsub.googleapis.com/subscription/oldest_unacked_message_age\" AND resource.labels.subscription_id = \"${google_pubsub_subscription.job.name}\""
      threshold = 900
      aligner   = "ALIGN_MAX"
      duration  = "300s"
      what      = "A message waits for fifteen minutes: the job does not read, or does not keep up. After seven days messages are lost."
    }
    "undeliverable" = {
      filter    = "resource.type = \"pubsub_subscription\" AND metric.type = \"pubsub.googleapis.com/subscription/dead_letter_message_count\" AND resource.labels.subscription_id = \"${google_pubsub_subscription.job.name}\""
      threshold = 0
      aligner   = "ALIGN_SUM"
      duration  = "0s"
      what      = "Pub/Sub gave a message up after twenty deliveries: it crashes the job, and is in no ledger."
    }
    "worker-errors" = {
      filter    = "resource.type = \"dataflow_step\" AND metric.type = \"logging.googleapis.com/log_entry_count\" AND metric.labels.severity = \"ERROR\" AND resource.labels.job_name = \"${local.job}\""
      threshold = 20
      aligner   = "ALIGN_SUM"
      duration  = "0s"
      what      = "Workers log errors: bundles fail and are tried again."
    }
    "missing-share" = {
      filter    = "resource.type = \"bigquery_dts_config\" AND metric.type = \"bigquerydatatransfer.googleapis.com/transfer_config/completed_runs\" AND metric.labels.completion_state = \"FAILED\""
      threshold = 0
      aligner   = "ALIGN_SUM"
      duration  = "0s"
      what      = "More than 5 % of what players sent yesterday never arrived, by their own counters; or the check itself failed: its message says which."
    }
  }
}

resource "google_monitoring_alert_policy" "threshold" {
  for_each     = { for name, alert in local.thresholds : name => alert if var.source_uri != null }
  display_name = "${local.job}: ${each.key}"
  combiner     = "OR"

  conditions {
    display_name = each.key
    condition_threshold {
      filter          = each.value.filter
      comparison      = "COMPARISON_GT"
      threshold_value = each.value.threshold
      duration        = each.value.duration
      aggregations {
        alignment_period   = "300s"
        per_series_aligner = each.value.aligner
      }
    }
  }
  documentation {
    mime_type = "text/markdown"
    content   = "${each.value.what}\n\n[The first five minutes](${local.runbook}#${each.key})"
  }
  notification_channels = var.notification_channels
}

resource "google_monitoring_alert_policy" "dead_letter_share" {
  for_each     = local.streams
  display_name = "${local.job}: dead-letter-share"
  combiner     = "OR"

  conditions {
    display_name = "More than 1 % of messages are dead letters of one reason"
    condition_prometheus_query_language {
      duration            = "600s"
      evaluation_interval = "60s"
      query               = <<-EOT
        sum by (metric_name) (delta(${local.counter}{${local.decoded}, metric_name=~"${local.reasons}"}[10m]))
          / scalar(sum(delta(${local.counter}{${local.decoded}, metric_name!~"${local.reasons}"}[10m]))) > 0.01
      EOT
    }
  }
  documentation {
    mime_type = "text/markdown"
    content   = "A build sends what its contract does not allow, or the contract is behind the build.\n\n[The first five minutes](${local.runbook}#dead-letter-share)"
  }
  notification_channels = var.notification_channels
}

resource "google_monitoring_alert_policy" "no_data" {
  for_each     = local.streams
  display_name = "${local.job}: no-data"
  combiner     = "OR"

  conditions {
    display_name = "Nothing received for half an hour"
    condition_prometheus_query_language {
      duration            = "1800s"
      evaluation_interval = "60s"
      query               = "(sum(delta(${local.counter}{${local.decoded}}[10m])) or vector(0)) == 0"
    }
  }
  documentation {
    mime_type = "text/markdown"
    content   = "No message came, or the job does not run.\n\n[The first five minutes](${local.runbook}#no-data)"
  }
  notification_channels = var.notification_channels
}

# What clients counted and nobody received is known to the ledger alone: a query that fails where it is too much.
resource "google_bigquery_data_transfer_config" "missing" {
  for_each             = local.streams
  display_name         = "${local.job}: missing share of yesterday"
  location             = var.region
  data_source_id       = "scheduled_query"
  schedule             = "every day 08:00"
  service_account_name = google_service_account.job.email
  params = {
    query = <<-EOT
      SELECT IF(share > 0.05, ERROR(FORMAT('missing: %.1f %% of what players sent', 100 * share)), share)
      FROM (
        SELECT SAFE_DIVIDE(SUM(missing), SUM(landed) + SUM(missing)) AS share
        FROM `${var.project}.${google_bigquery_dataset.all["views"].dataset_id}`.ledger
        WHERE env = 'live' AND DATE(hour) = DATE_SUB(CURRENT_DATE(), INTERVAL 1 DAY))
    EOT
  }
}

resource "google_project_iam_member" "check" {
  for_each = local.streams
  project  = var.project
  role     = "roles/bigquery.jobUser"
  member   = google_service_account.job.member
}

resource "google_bigquery_dataset_iam_member" "check" {
  for_each   = local.streams
  dataset_id = google_bigquery_dataset.all["views"].dataset_id
  role       = "roles/bigquery.dataViewer"
  member     = google_service_account.job.member
}

resource "google_monitoring_dashboard" "job" {
  for_each = local.streams
  dashboard_json = jsonencode({
    displayName = local.job
    mosaicLayout = {
      columns = 12
      tiles = [for i, chart in [
        { title = "Received a minute, by event type", query = "sum by (metric_name) (delta(${local.counter}{${local.decoded}, metric_name!~\"${local.reasons}\"}[1m]))" },
        { title = "Dead letters a minute, by reason", query = "sum by (metric_name) (delta(${local.counter}{${local.decoded}, metric_name=~\"${local.reasons}\"}[1m]))" },
        { title = "Seconds behind the source", query = "max(dataflow_googleapis_com:job_data_watermark_age{job_name=\"${local.job}\"})" },
        { title = "Oldest unacknowledged message, s", query = "max(pubsub_googleapis_com:subscription_oldest_unacked_message_age{subscription_id=\"${google_pubsub_subscription.job.name}\"})" },
        { title = "vCPUs", query = "max(dataflow_googleapis_com:job_current_num_vcpus{job_name=\"${local.job}\"})" },
        { title = "Rows written a minute, by table", query = "sum by (metric_name) (delta(${local.counter}{job_name=\"${local.job}\", ptransform=~\"Archive/.*\"}[1m]))" },
        ] : {
        xPos   = (i % 2) * 6
        yPos   = floor(i / 2) * 4
        width  = 6
        height = 4
        widget = {
          title   = chart.title
          xyChart = { dataSets = [{ plotType = "LINE", timeSeriesQuery = { prometheusQuery = chart.query } }] }
        }
      }]
    }
  })
}
