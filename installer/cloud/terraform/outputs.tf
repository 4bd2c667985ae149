# What a desk needs to connect. Nothing in it is secret:
#   terraform output -raw connection > countersign-connection.json
output "connection" {
  description = "The connection file for the desks."
  value = jsonencode({
    project           = var.project
    location          = var.location
    client_id         = var.client_id
    client_secret     = var.client_secret
    public_key        = var.public_key
    prompt_model      = var.prompt_model
    ur_model          = var.ur_model
    service_url       = google_cloud_run_v2_service.endpoint.uri
    database          = google_firestore_database.cases.name
    document_location = var.document_location
    buckets           = local.bucket_names
    processors        = { for type, processor in google_document_ai_processor.form : type => processor.id }
    search            = "${google_discovery_engine_search_engine.ur_search_app.name}/servingConfigs/default_search"
  })
}

output "repository" {
  description = "Where the image of the ingestion service is pushed to."
  value       = "${var.location}-docker.pkg.dev/${var.project}/${google_artifact_registry_repository.images.repository_id}"
}

output "endpoint" {
  description = "The address of the endpoint."
  value       = google_cloud_run_v2_service.endpoint.uri
}
