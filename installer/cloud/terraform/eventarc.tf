# Every finished upload to `pa_forms_bkt` reaches the ingestion service, at least once.
resource "google_eventarc_trigger" "arrival" {
  name            = "countersign-arrival"
  location        = google_storage_bucket.bucket["pa_forms_bkt"].location
  service_account = google_service_account.eventarc.email
  labels          = local.labels

  matching_criteria {
    attribute = "type"
    value     = "google.cloud.storage.object.v1.finalized"
  }

  matching_criteria {
    attribute = "bucket"
    value     = google_storage_bucket.bucket["pa_forms_bkt"].name
  }

  destination {
    cloud_run_service {
      service = google_cloud_run_v2_service.ingestion.name
      region  = var.location
      path    = "/"
    }
  }

  depends_on = [
    google_project_iam_member.eventarc,
    google_project_iam_member.storage_publisher,
    google_cloud_run_v2_service_iam_member.eventarc,
  ]
}

# Cloud Storage tells of arrivals through Pub/Sub.
resource "google_project_iam_member" "storage_publisher" {
  project = var.project
  role    = "roles/pubsub.publisher"
  member  = "serviceAccount:${data.google_storage_project_service_account.this.email_address}"
}

resource "google_project_iam_member" "eventarc" {
  project = var.project
  role    = "roles/eventarc.eventReceiver"
  member  = google_service_account.eventarc.member
}
