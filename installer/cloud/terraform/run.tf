resource "google_artifact_registry_repository" "images" {
  repository_id = "countersign"
  location      = var.location
  format        = "DOCKER"
  kms_key_name  = google_kms_crypto_key.key["service"].id
  labels        = local.labels

  docker_config {
    immutable_tags = true
  }

  depends_on = [google_kms_crypto_key_iam_member.user]
}

# One image, two services. What reads documents from outside is not what signs determinations, and desks never reach it.
locals {
  service_environment = {
    COUNTERSIGN_PROJECT           = var.project
    COUNTERSIGN_LOCATION          = var.location
    COUNTERSIGN_DOCUMENT_LOCATION = var.document_location
    COUNTERSIGN_CLIENT_ID         = var.client_id
    COUNTERSIGN_TRUST_DATABASE    = google_firestore_database.trust.name
    COUNTERSIGN_BUCKETS           = jsonencode(local.bucket_names)
    COUNTERSIGN_PROCESSORS        = jsonencode({ for type, processor in google_document_ai_processor.form : type => processor.id })
    COUNTERSIGN_SEARCH            = "${google_discovery_engine_search_engine.ur_search_app.name}/servingConfigs/default_search"
  }
}

resource "google_cloud_run_v2_service" "ingestion" {
  name                = "countersign-ingestion"
  location            = var.location
  ingress             = "INGRESS_TRAFFIC_INTERNAL_ONLY" # Eventarc counts as internal
  deletion_protection = var.protect
  labels              = local.labels

  template {
    service_account                  = google_service_account.ingestion.email
    encryption_key                   = google_kms_crypto_key.key["service"].id
    timeout                          = "900s"
    max_instance_request_concurrency = 1 # a document takes a processor for itself

    scaling {
      min_instance_count = 0
      max_instance_count = var.ingestion_instances
    }

    containers {
      image = var.image
      args  = ["serve", "--only", "ingest"]

      resources {
        limits            = { cpu = "2", memory = "4Gi" }
        cpu_idle          = true
        startup_cpu_boost = true
      }

      dynamic "env" {
        for_each = local.service_environment
        content {
          name  = env.key
          value = env.value
        }
      }

      startup_probe {
        http_get {
          path = "/readyz"
        }
        initial_delay_seconds = 2
        period_seconds        = 3
        failure_threshold     = 20
      }

      liveness_probe {
        http_get {
          path = "/healthz"
        }
      }
    }
  }

  depends_on = [google_kms_crypto_key_iam_member.user]
}

resource "google_cloud_run_v2_service" "endpoint" {
  name                = "countersign-endpoint"
  location            = var.location
  ingress             = "INGRESS_TRAFFIC_ALL"
  custom_audiences    = [var.client_id] # the desks' tokens are made out for their OAuth client
  deletion_protection = var.protect
  labels              = local.labels

  template {
    service_account                  = google_service_account.endpoint.email
    encryption_key                   = google_kms_crypto_key.key["service"].id
    timeout                          = "30s"
    max_instance_request_concurrency = 40

    scaling {
      min_instance_count = 1 # nobody who decides waits for a start
      max_instance_count = var.endpoint_instances
    }

    volumes {
      name = "signing-key"
      secret {
        secret = google_secret_manager_secret.signing_key.secret_id
        items {
          version = "latest"
          path    = "signing.key"
        }
      }
    }

    containers {
      image = var.image
      args  = ["serve", "--only", "endpoint"]

      resources {
        limits            = { cpu = "1", memory = "1Gi" }
        cpu_idle          = true
        startup_cpu_boost = true
      }

      volume_mounts {
        name       = "signing-key"
        mount_path = "/run/countersign"
      }

      env {
        name  = "COUNTERSIGN_SIGNING_KEY_FILE"
        value = "/run/countersign/signing.key"
      }

      dynamic "env" {
        for_each = local.service_environment
        content {
          name  = env.key
          value = env.value
        }
      }

      startup_probe {
        http_get {
          path = "/readyz"
        }
        initial_delay_seconds = 1
        period_seconds        = 2
        failure_threshold     = 20
      }

      liveness_probe {
        http_get {
          path = "/healthz"
        }
      }
    }
  }

  depends_on = [google_kms_crypto_key_iam_member.user, google_secret_manager_secret_iam_member.signing_key]
}

# Cloud Run asks who may come in at all; what each person may do is asked by the service itself.
resource "google_cloud_run_v2_service_iam_member" "people" {
  for_each = local.people

  name     = google_cloud_run_v2_service.endpoint.name
  location = var.location
  role     = "roles/run.invoker"
  member   = each.value
}

resource "google_cloud_run_v2_service_iam_member" "eventarc" {
  name     = google_cloud_run_v2_service.ingestion.name
  location = var.location
  role     = "roles/run.invoker"
  member   = google_service_account.eventarc.member
}
