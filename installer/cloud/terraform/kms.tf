# One key ring in the region, one key a kind of data: a key can be revoked without taking the others along.
locals {
  keys = toset(["cases", "documents", "secrets", "service", "logs"])

  # The agents of Google's services that use a key, and which.
  key_users = {
    storage          = { key = "documents", member = "serviceAccount:${data.google_storage_project_service_account.this.email_address}" }
    firestore        = { key = "cases", member = google_project_service_identity.agent["firestore.googleapis.com"].member }
    run              = { key = "service", member = google_project_service_identity.agent["run.googleapis.com"].member }
    artifactregistry = { key = "service", member = google_project_service_identity.agent["artifactregistry.googleapis.com"].member }
    secretmanager    = { key = "secrets", member = google_project_service_identity.agent["secretmanager.googleapis.com"].member }
    aiplatform       = { key = "documents", member = google_project_service_identity.agent["aiplatform.googleapis.com"].member }
  }
}

resource "google_kms_key_ring" "this" {
  name     = "countersign"
  location = var.location

  depends_on = [google_project_service.api]
}

resource "google_kms_crypto_key" "key" {
  for_each = local.keys

  name            = each.value
  key_ring        = google_kms_key_ring.this.id
  rotation_period = "7776000s" # 90 days

  lifecycle {
    prevent_destroy = true # without the key the data are gone
  }
}

# Document AI runs in a multi-region and takes keys of the same place only.
resource "google_kms_key_ring" "documents" {
  name     = "countersign-document-ai"
  location = var.document_location == "eu" ? "europe" : var.document_location

  depends_on = [google_project_service.api]
}

resource "google_kms_crypto_key" "forms" {
  name            = "forms"
  key_ring        = google_kms_key_ring.documents.id
  rotation_period = "7776000s"

  lifecycle {
    prevent_destroy = true
  }
}

data "google_storage_project_service_account" "this" {
  depends_on = [google_project_service.api]
}

resource "google_project_service_identity" "agent" {
  for_each = toset([
    "aiplatform.googleapis.com",
    "artifactregistry.googleapis.com",
    "documentai.googleapis.com",
    "eventarc.googleapis.com",
    "firestore.googleapis.com",
    "pubsub.googleapis.com",
    "run.googleapis.com",
    "secretmanager.googleapis.com",
  ])
  provider = google-beta

  project = var.project
  service = each.value

  depends_on = [google_project_service.api]
}

resource "google_kms_crypto_key_iam_member" "user" {
  for_each = local.key_users

  crypto_key_id = google_kms_crypto_key.key[each.value.key].id
  role          = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
  member        = each.value.member
}

resource "google_kms_crypto_key_iam_member" "forms" {
  crypto_key_id = google_kms_crypto_key.forms.id
  role          = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
  member        = google_project_service_identity.agent["documentai.googleapis.com"].member
}
