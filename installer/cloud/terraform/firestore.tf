resource "google_firestore_database" "cases" {
  name                              = "(default)"
  location_id                       = var.location
  type                              = "FIRESTORE_NATIVE"
  concurrency_mode                  = "PESSIMISTIC"
  app_engine_integration_mode       = "DISABLED"
  point_in_time_recovery_enablement = "POINT_IN_TIME_RECOVERY_ENABLED"
  delete_protection_state           = var.protect ? "DELETE_PROTECTION_ENABLED" : "DELETE_PROTECTION_DISABLED"
  deletion_policy                   = var.protect ? "ABANDON" : "DELETE"

  cmek_config {
    kms_key_name = google_kms_crypto_key.key["cases"].id
  }

  depends_on = [google_kms_crypto_key_iam_member.user]
}

# Who may decide, and the checkpoints of every desk's audit trail. Desks have no rights here at all: they are judged by
# IAM alone, and IAM is per database. Only the endpoint writes it.
resource "google_firestore_database" "trust" {
  name                              = "countersign-trust"
  location_id                       = var.location
  type                              = "FIRESTORE_NATIVE"
  concurrency_mode                  = "PESSIMISTIC"
  app_engine_integration_mode       = "DISABLED"
  point_in_time_recovery_enablement = "POINT_IN_TIME_RECOVERY_ENABLED"
  delete_protection_state           = var.protect ? "DELETE_PROTECTION_ENABLED" : "DELETE_PROTECTION_DISABLED"
  deletion_policy                   = var.protect ? "ABANDON" : "DELETE"

  cmek_config {
    kms_key_name = google_kms_crypto_key.key["cases"].id
  }

  depends_on = [google_kms_crypto_key_iam_member.user]
}

# The indexes the queries need stand in one file, beside the adapter's tests that use the same queries.
locals {
  firestore = jsondecode(file("${path.module}/../firestore.indexes.json"))
}

resource "google_firestore_index" "index" {
  for_each = { for index in local.firestore.indexes :
    join("-", concat([index.collectionGroup], [for field in index.fields : field.fieldPath])) => index
  }

  database    = google_firestore_database.cases.name
  collection  = each.value.collectionGroup
  query_scope = each.value.queryScope

  dynamic "fields" {
    for_each = each.value.fields
    content {
      field_path   = fields.value.fieldPath
      order        = try(fields.value.order, null)
      array_config = try(fields.value.arrayConfig, null)
    }
  }
}

# Fields and tables are read with their case and never searched by: an index of each would cost a write every time.
resource "google_firestore_field" "unindexed" {
  for_each = { for override in local.firestore.fieldOverrides :
    "${override.collectionGroup}-${override.fieldPath}" => override if length(override.indexes) == 0 && !try(override.ttl, false)
  }

  database   = google_firestore_database.cases.name
  collection = each.value.collectionGroup
  field      = each.value.fieldPath

  index_config {}
}

# Leases that were left behind go by themselves.
resource "google_firestore_field" "swept" {
  for_each = { for override in local.firestore.fieldOverrides :
    "${override.collectionGroup}-${override.fieldPath}" => override if try(override.ttl, false)
  }

  database   = google_firestore_database.cases.name
  collection = each.value.collectionGroup
  field      = each.value.fieldPath

  index_config {}
  ttl_config {}
}

resource "google_firestore_backup_schedule" "daily" {
  for_each = { cases = google_firestore_database.cases.name, trust = google_firestore_database.trust.name }

  database  = each.value
  retention = "604800s" # 7 days

  daily_recurrence {}
}

resource "google_firestore_backup_schedule" "weekly" {
  for_each = { cases = google_firestore_database.cases.name, trust = google_firestore_database.trust.name }

  database  = each.value
  retention = "8467200s" # 14 weeks, the longest there is

  weekly_recurrence {
    day = "SUNDAY"
  }
}
