# The key with which determinations are signed. Terraform makes the place, never the key: it would stand in the state.
#   countersign serve --new-signing-key | gcloud secrets versions add countersign-signing-key --data-file=-
resource "google_secret_manager_secret" "signing_key" {
  secret_id = "countersign-signing-key"
  labels    = local.labels

  replication {
    user_managed {
      replicas {
        location = var.location
        customer_managed_encryption {
          kms_key_name = google_kms_crypto_key.key["secrets"].id
        }
      }
    }
  }

  depends_on = [google_kms_crypto_key_iam_member.user]
}

resource "google_secret_manager_secret_iam_member" "signing_key" {
  secret_id = google_secret_manager_secret.signing_key.id
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.endpoint.member
}
