# Service accounts: one a job, each with what that job needs. No keys are made for any of them.
resource "google_service_account" "ingestion" {
  account_id   = "countersign-ingestion"
  display_name = "Countersign: reads arrivals and writes cases"
}

resource "google_service_account" "endpoint" {
  account_id   = "countersign-endpoint"
  display_name = "Countersign: checks, signs and writes determinations, roles and checkpoints"
}

resource "google_service_account" "eventarc" {
  account_id   = "countersign-eventarc"
  display_name = "Countersign: brings arrivals to the ingestion service"
}

# Firestore: rights are for one database each.
locals {
  cases_only = "resource.name == \"projects/${var.project}/databases/${google_firestore_database.cases.name}\""
  trust_only = "resource.name == \"projects/${var.project}/databases/${google_firestore_database.trust.name}\""
}

# What a desk does with cases: read, create, change. It deletes nothing: what is deleted has a tombstone.
resource "google_project_iam_custom_role" "desk" {
  role_id     = "countersignDesk"
  title       = "Countersign desk"
  description = "Reads and writes cases in Firestore; deletes none."
  permissions = [
    "datastore.databases.get",
    "datastore.entities.create",
    "datastore.entities.get",
    "datastore.entities.list",
    "datastore.entities.update",
  ]
}

# The register of people and the checkpoints: what is there is never changed but the register's own entries.
resource "google_project_iam_custom_role" "trust" {
  role_id     = "countersignTrust"
  title       = "Countersign endpoint on the trust database"
  description = "Keeps the register of people, creates checkpoints; deletes nothing."
  permissions = [
    "datastore.databases.get",
    "datastore.entities.create",
    "datastore.entities.get",
    "datastore.entities.list",
    "datastore.entities.update",
  ]
}

# Asking a model and no more: no training, no deployment, no data sets.
resource "google_project_iam_custom_role" "asks_models" {
  role_id     = "countersignAsksModels"
  title       = "Countersign: asks models"
  description = "Asks Gemini and tuned endpoints."
  permissions = [
    "aiplatform.endpoints.predict",
  ]
}

resource "google_project_iam_member" "desk_cases" {
  for_each = local.desks

  project = var.project
  role    = google_project_iam_custom_role.desk.id
  member  = each.value

  condition {
    title      = "The cases and nothing else"
    expression = local.cases_only
  }
}

resource "google_project_iam_member" "service_cases" {
  for_each = {
    ingestion = google_service_account.ingestion.member
    endpoint  = google_service_account.endpoint.member
  }

  project = var.project
  role    = google_project_iam_custom_role.desk.id
  member  = each.value

  condition {
    title      = "The cases and nothing else"
    expression = local.cases_only
  }
}

resource "google_project_iam_member" "endpoint_trust" {
  project = var.project
  role    = google_project_iam_custom_role.trust.id
  member  = google_service_account.endpoint.member

  condition {
    title      = "The trust database and nothing else"
    expression = local.trust_only
  }
}

# Arrivals are read with the form types that administrators share; rights within a database cannot be told apart.
resource "google_project_iam_custom_role" "library" {
  role_id     = "countersignLibrary"
  title       = "Countersign reads the shared library"
  description = "Reads the trust database; writes nothing there."
  permissions = [
    "datastore.databases.get",
    "datastore.entities.get",
    "datastore.entities.list",
  ]
}

resource "google_project_iam_member" "ingestion_library" {
  project = var.project
  role    = google_project_iam_custom_role.library.id
  member  = google_service_account.ingestion.member

  condition {
    title      = "The trust database and nothing else"
    expression = local.trust_only
  }
}

# Buckets. Desks bring files in and read them; they delete and overwrite none.
locals {
  desk_buckets = {
    for pair in setproduct(keys(local.desks), ["pa_forms_bkt", "clinical_docs"]) :
    "${pair[0]}-${pair[1]}" => { member = local.desks[pair[0]], bucket = pair[1] }
  }

  # What desks give back for training goes into these, and nobody at a desk reads it there.
  example_buckets = {
    for pair in setproduct(keys(local.desks), ["training_forms", "eval_forms", "tuning_dataset", "eval_dataset"]) :
    "${pair[0]}-${pair[1]}" => { member = local.desks[pair[0]], bucket = pair[1] }
  }
}

resource "google_storage_bucket_iam_member" "desk_reads" {
  for_each = local.desk_buckets

  bucket = google_storage_bucket.bucket[each.value.bucket].name
  role   = "roles/storage.objectViewer"
  member = each.value.member
}

resource "google_storage_bucket_iam_member" "desk_brings" {
  for_each = merge(local.desk_buckets, local.example_buckets)

  bucket = google_storage_bucket.bucket[each.value.bucket].name
  role   = "roles/storage.objectCreator"
  member = each.value.member
}

resource "google_storage_bucket_iam_member" "desk_reads_policies" {
  for_each = local.desks

  bucket = google_storage_bucket.bucket["um_policies"].name
  role   = "roles/storage.objectViewer"
  member = each.value
}

resource "google_storage_bucket_iam_member" "administrators" {
  for_each = toset(["um_policies", "training_forms", "eval_forms", "tuning_dataset", "eval_dataset"])

  bucket = google_storage_bucket.bucket[each.value].name
  role   = "roles/storage.objectUser"
  member = local.people["administrators"]
}

resource "google_storage_bucket_iam_member" "ingestion" {
  bucket = google_storage_bucket.bucket["pa_forms_bkt"].name
  role   = "roles/storage.objectViewer"
  member = google_service_account.ingestion.member
}

# A copy of what was set aside, beside the arrival: created, never changed.
resource "google_storage_bucket_iam_member" "ingestion_sets_aside" {
  bucket = google_storage_bucket.bucket["pa_forms_bkt"].name
  role   = "roles/storage.objectCreator"
  member = google_service_account.ingestion.member
}

# Long documents go to Document AI through this folder, and are removed from it: of all that desks and the service may
# touch the one place where they delete. Listing asks for the bucket, so its prefix is what is looked at.
resource "google_storage_bucket_iam_member" "batches" {
  for_each = merge(local.desks, { ingestion = google_service_account.ingestion.member })

  bucket = google_storage_bucket.bucket["training_forms"].name
  role   = "roles/storage.objectUser"
  member = each.value

  condition {
    title      = "Documents on their way"
    expression = "resource.name.startsWith(\"projects/_/buckets/${google_storage_bucket.bucket["training_forms"].name}/objects/working/document_ai/\") || api.getAttribute(\"storage.googleapis.com/objectListPrefix\", \"\").startsWith(\"working/document_ai/\")"
  }
}

# Reading forms: desks and the ingestion service ask processors, administrators train them.
resource "google_project_iam_member" "reads_forms" {
  for_each = merge(local.desks, { ingestion = google_service_account.ingestion.member })

  project = var.project
  role    = "roles/documentai.apiUser"
  member  = each.value
}

resource "google_project_iam_member" "trains" {
  for_each = toset(["roles/documentai.editor", "roles/aiplatform.user", "roles/discoveryengine.editor"])

  project = var.project
  role    = each.value
  member  = local.people["administrators"]
}

# The review: models and guidelines, for those who review.
resource "google_project_iam_member" "asks_models" {
  for_each = local.reviewers

  project = var.project
  role    = google_project_iam_custom_role.asks_models.id
  member  = each.value
}

resource "google_project_iam_member" "searches" {
  for_each = local.reviewers

  project = var.project
  role    = "roles/discoveryengine.viewer"
  member  = each.value
}

# The project picker of a desk finds the projects that somebody may see.
resource "google_project_iam_custom_role" "finds" {
  role_id     = "countersignFinds"
  title       = "Countersign: finds its project"
  description = "Sees that the project is there, by its label."
  permissions = [
    "resourcemanager.projects.get",
  ]
}

resource "google_project_iam_member" "finds" {
  for_each = local.people

  project = var.project
  role    = google_project_iam_custom_role.finds.id
  member  = each.value
}

# People call Google's services from their desks on the account of this project.
resource "google_project_iam_member" "uses" {
  for_each = local.people

  project = var.project
  role    = "roles/serviceusage.serviceUsageConsumer"
  member  = each.value
}

resource "google_project_iam_member" "writes_logs" {
  for_each = {
    ingestion = google_service_account.ingestion.member
    endpoint  = google_service_account.endpoint.member
  }

  project = var.project
  role    = "roles/logging.logWriter"
  member  = each.value
}

resource "google_project_iam_member" "administrators_watch" {
  for_each = toset(["roles/monitoring.viewer", "roles/logging.viewer"])

  project = var.project
  role    = each.value
  member  = local.people["administrators"]
}
