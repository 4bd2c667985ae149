locals {
  apis = toset([
    "aiplatform.googleapis.com",
    "artifactregistry.googleapis.com",
    "billingbudgets.googleapis.com",
    "cloudkms.googleapis.com",
    "cloudresourcemanager.googleapis.com",
    "discoveryengine.googleapis.com",
    "documentai.googleapis.com",
    "eventarc.googleapis.com",
    "firestore.googleapis.com",
    "iam.googleapis.com",
    "logging.googleapis.com",
    "monitoring.googleapis.com",
    "pubsub.googleapis.com",
    "run.googleapis.com",
    "secretmanager.googleapis.com",
    "storage.googleapis.com",
  ])

  # The buckets by the names the program knows them under. `kept` ones hold what the law wants kept.
  buckets = {
    pa_forms_bkt   = { kept = true }
    clinical_docs  = { kept = true }
    um_policies    = { kept = true }
    training_forms = { kept = false }
    eval_forms     = { kept = false }
    tuning_dataset = { kept = false }
    eval_dataset   = { kept = false }
  }

  bucket_names = { for name, _ in local.buckets : name => "${var.project}-${replace(name, "_", "-")}" }

  people = {
    case_managers  = "group:${var.groups.case_managers}"
    ur_specialists = "group:${var.groups.ur_specialists}"
    physicians     = "group:${var.groups.physicians}"
    administrators = "group:${var.groups.administrators}"
  }

  # Whoever works with cases. Administrators look after the program and open no case.
  desks = { for role, member in local.people : role => member if role != "administrators" }

  reviewers = { for role, member in local.people : role => member if contains(["ur_specialists", "physicians"], role) }

  labels = {
    application = "countersign"
  }
}

resource "google_project_service" "api" {
  for_each = local.apis

  service            = each.value
  disable_on_destroy = false
}
