# Who read or wrote what: every access to the data, not only every change to the set-up.
resource "google_project_iam_audit_config" "data" {
  for_each = toset([
    "aiplatform.googleapis.com",
    "cloudkms.googleapis.com",
    "datastore.googleapis.com",
    "discoveryengine.googleapis.com",
    "documentai.googleapis.com",
    "firestore.googleapis.com",
    "run.googleapis.com",
    "secretmanager.googleapis.com",
    "storage.googleapis.com",
  ])

  project = var.project
  service = each.value

  audit_log_config {
    log_type = "ADMIN_READ"
  }
  audit_log_config {
    log_type = "DATA_READ"
  }
  audit_log_config {
    log_type = "DATA_WRITE"
  }
}

# 400 days to search in, and the whole retention in a bucket that nobody can empty.
resource "google_logging_project_bucket_config" "audit" {
  project        = var.project
  location       = var.location
  bucket_id      = "countersign-audit"
  retention_days = 400
  locked         = var.lock_retention

  depends_on = [google_project_service.api]
}

resource "google_logging_project_sink" "audit_search" {
  name                   = "countersign-audit-search"
  destination            = "logging.googleapis.com/${google_logging_project_bucket_config.audit.id}"
  filter                 = "logName:\"cloudaudit.googleapis.com\""
  unique_writer_identity = true
}

resource "google_logging_project_sink" "audit_keep" {
  name                   = "countersign-audit-keep"
  destination            = "storage.googleapis.com/${google_storage_bucket.audit.name}"
  filter                 = "logName:\"cloudaudit.googleapis.com\""
  unique_writer_identity = true
}

resource "google_storage_bucket_iam_member" "audit_keep" {
  bucket = google_storage_bucket.audit.name
  role   = "roles/storage.objectCreator"
  member = google_logging_project_sink.audit_keep.writer_identity
}
