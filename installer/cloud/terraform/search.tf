# `ur_search_app`: the policies, found by meaning and by words, with extracts and a summary that cites.
resource "google_discovery_engine_data_store" "policies" {
  location                    = var.search_location
  data_store_id               = "um-policies"
  display_name                = "Policies and guidelines"
  industry_vertical           = "GENERIC"
  content_config              = "CONTENT_REQUIRED"
  solution_types              = ["SOLUTION_TYPE_SEARCH"]
  create_advanced_site_search = false

  document_processing_config {
    chunking_config {
      layout_based_chunking_config {
        chunk_size                = 500
        include_ancestor_headings = true
      }
    }
    default_parsing_config {
      layout_parsing_config {}
    }
  }

  depends_on = [google_project_service.api]
}

resource "google_discovery_engine_search_engine" "ur_search_app" {
  engine_id      = "ur-search-app"
  collection_id  = "default_collection"
  location       = google_discovery_engine_data_store.policies.location
  display_name   = "Countersign guideline search"
  data_store_ids = [google_discovery_engine_data_store.policies.data_store_id]

  industry_vertical = "GENERIC"

  search_engine_config {
    search_tier    = "SEARCH_TIER_ENTERPRISE"
    search_add_ons = ["SEARCH_ADD_ON_LLM"]
  }
}
