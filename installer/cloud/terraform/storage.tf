resource "google_storage_bucket" "bucket" {
  for_each = local.buckets

  name                        = local.bucket_names[each.key]
  location                    = var.location
  storage_class               = "STANDARD"
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = false
  labels                      = merge(local.labels, { content = replace(each.key, "_", "-") })

  # Under a retention policy nothing is overwritten, and the two do not go together.
  versioning {
    enabled = !each.value.kept
  }

  encryption {
    default_kms_key_name = google_kms_crypto_key.key["documents"].id
  }

  soft_delete_policy {
    retention_duration_seconds = 2592000 # 30 days
  }

  # What the law wants kept cannot be deleted or overwritten before its time.
  dynamic "retention_policy" {
    for_each = each.value.kept ? [1] : []
    content {
      retention_period = var.retention_years * 31557600
      is_locked        = var.lock_retention
    }
  }

  # Kept files are seldom opened after a request is decided: they move to cheaper classes, never away.
  dynamic "lifecycle_rule" {
    for_each = each.value.kept ? { NEARLINE = 90, COLDLINE = 365, ARCHIVE = 1095 } : {}
    content {
      condition {
        age = lifecycle_rule.value
      }
      action {
        type          = "SetStorageClass"
        storage_class = lifecycle_rule.key
      }
    }
  }

  # Examples for training: an older version of one is of no use after half a year.
  dynamic "lifecycle_rule" {
    for_each = each.value.kept ? [] : [1]
    content {
      condition {
        num_newer_versions         = 3
        days_since_noncurrent_time = 180
      }
      action {
        type = "Delete"
      }
    }
  }

  lifecycle_rule {
    condition {
      age = 7
    }
    action {
      type = "AbortIncompleteMultipartUpload"
    }
  }

  depends_on = [google_kms_crypto_key_iam_member.user]
}

# Where the audit log goes in the end.
resource "google_storage_bucket" "audit" {
  name                        = "${var.project}-audit-log"
  location                    = var.location
  storage_class               = "COLDLINE"
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = false
  labels                      = merge(local.labels, { content = "audit-log" })

  encryption {
    default_kms_key_name = google_kms_crypto_key.key["documents"].id
  }

  retention_policy {
    retention_period = var.retention_years * 31557600
    is_locked        = var.lock_retention
  }

  depends_on = [google_kms_crypto_key_iam_member.user]
}
