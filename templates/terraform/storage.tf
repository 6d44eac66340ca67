locals {
  name   = replace(var.game, "_", "-")
  prefix = "${var.project}-${local.name}"
}

# The archive, for ever. Versioning and no retention lock: a retried bundle overwrites its own file, and erasure must be possible.
resource "google_storage_bucket" "archive" {
  name                        = "${local.prefix}-archive"
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"

  versioning {
    enabled = true
  }
  lifecycle_rule {
    condition {
      age            = 90
      matches_prefix = ["archive/events/"]
    }
    action {
      type          = "SetStorageClass"
      storage_class = "COLDLINE"
    }
  }
  lifecycle_rule {
    condition {
      days_since_noncurrent_time = 14
    }
    action {
      type = "Delete"
    }
  }
  dynamic "encryption" {
    for_each = var.kms_key[*]
    content {
      default_kms_key_name = encryption.value
    }
  }
  lifecycle {
    prevent_destroy = true
  }
}

# Templates, contracts, and what Dataflow stages.
resource "google_storage_bucket" "work" {
  name                        = "${local.prefix}-gamebeam"
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"

  soft_delete_policy {
    retention_duration_seconds = 0
  }
  lifecycle_rule {
    condition {
      age            = 30
      matches_prefix = ["temp/"]
    }
    action {
      type = "Delete"
    }
  }
  dynamic "encryption" {
    for_each = var.kms_key[*]
    content {
      default_kms_key_name = encryption.value
    }
  }
}

# Raw messages may hold secrets: a bucket of their own, a short life, the job's account only.
resource "google_storage_bucket" "raw" {
  count                       = var.keep_raw_messages ? 1 : 0
  name                        = "${local.prefix}-raw"
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"

  soft_delete_policy {
    retention_duration_seconds = 0
  }
  lifecycle_rule {
    condition {
      age = var.raw_days
    }
    action {
      type = "Delete"
    }
  }
}

resource "google_artifact_registry_repository" "images" {
  repository_id = "gamebeam"
  location      = var.region
  format        = "DOCKER"
}
