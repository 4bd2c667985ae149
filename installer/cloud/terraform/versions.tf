terraform {
  required_version = ">= 1.7"

  required_providers {
    google = {
      source  = "hashicorp/google"
      version = ">= 6.20, < 8.0"
    }
    google-beta = {
      source  = "hashicorp/google-beta"
      version = ">= 6.20, < 8.0"
    }
  }

  # The state names resources and accounts, no patient and no key. Keep it in a bucket of the payer's own:
  #   terraform init -backend-config="bucket=NAME"
  backend "gcs" {
    prefix = "countersign"
  }
}

provider "google" {
  project               = var.project
  region                = var.location
  billing_project       = var.project
  user_project_override = true
}

provider "google-beta" {
  project               = var.project
  region                = var.location
  billing_project       = var.project
  user_project_override = true
}

data "google_project" "this" {
  project_id = var.project
}
