# One custom extractor a form type. It is trained from the desks' corrected forms: docs/admin/form-processors.md.
resource "google_document_ai_processor" "form" {
  for_each = var.form_types

  location     = var.document_location
  display_name = each.value
  type         = "CUSTOM_EXTRACTION_PROCESSOR"
  kms_key_name = google_kms_crypto_key.forms.id

  depends_on = [google_kms_crypto_key_iam_member.forms]

  lifecycle {
    ignore_changes = [display_name] # people may call it otherwise
  }
}

# Document AI reads examples for training, and what is read in batches, from the buckets.
resource "google_storage_bucket_iam_member" "document_ai" {
  for_each = toset(["training_forms", "eval_forms", "pa_forms_bkt"])

  bucket = google_storage_bucket.bucket[each.value].name
  role   = each.value == "pa_forms_bkt" ? "roles/storage.objectViewer" : "roles/storage.objectUser"
  member = google_project_service_identity.agent["documentai.googleapis.com"].member
}
