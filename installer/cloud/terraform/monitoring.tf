# What the service says of itself in its structured log (docs/admin/serve.md), counted.
locals {
  counted = {
    arrivals     = "jsonPayload.event=\"case_written\""
    unreadable   = "jsonPayload.event=\"case_written\" AND jsonPayload.status=\"unreadable\""
    poison       = "jsonPayload.event=\"set_aside\""
    retried      = "jsonPayload.event=\"try_again\""
    determined   = "jsonPayload.event=\"determined\""
    refused      = "jsonPayload.event=\"refused\""
    broken_chain = "jsonPayload.event=\"checkpoint_differs\""
  }

  services = "resource.type=\"cloud_run_revision\" AND resource.labels.service_name=(\"${google_cloud_run_v2_service.ingestion.name}\" OR \"${google_cloud_run_v2_service.endpoint.name}\")"

  channels = [for channel in google_monitoring_notification_channel.email : channel.id]
}

resource "google_logging_metric" "counted" {
  for_each = local.counted

  name        = "countersign/${each.key}"
  description = "Lines of the service's log that say ${replace(each.key, "_", " ")}."
  filter      = "${local.services} AND ${each.value}"

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "INT64"
    unit        = "1"
  }
}

# Set aside: a file that nobody has read and that will not be tried again. Somebody has to look the same day.
resource "google_monitoring_alert_policy" "poison" {
  display_name          = "Countersign: an arrival was set aside"
  combiner              = "OR"
  notification_channels = local.channels

  conditions {
    display_name = "An arrival was set aside"
    condition_threshold {
      filter          = "resource.type=\"cloud_run_revision\" AND metric.type=\"logging.googleapis.com/user/${google_logging_metric.counted["poison"].name}\""
      comparison      = "COMPARISON_GT"
      threshold_value = 0
      duration        = "0s"
      aggregations {
        alignment_period     = "300s"
        per_series_aligner   = "ALIGN_SUM"
        cross_series_reducer = "REDUCE_SUM"
      }
    }
  }

  documentation {
    content = "A file in pa_forms_bkt could not be made a case. docs/admin/serve.md, “What was set aside”."
  }
}

# A desk's audit trail does not fit what it told before: it was altered, or two desks have one workspace.
resource "google_monitoring_alert_policy" "broken_chain" {
  display_name          = "Countersign: an audit trail does not fit its checkpoint"
  combiner              = "OR"
  notification_channels = local.channels

  conditions {
    display_name = "A checkpoint differs"
    condition_threshold {
      filter          = "resource.type=\"cloud_run_revision\" AND metric.type=\"logging.googleapis.com/user/${google_logging_metric.counted["broken_chain"].name}\""
      comparison      = "COMPARISON_GT"
      threshold_value = 0
      duration        = "0s"
      aggregations {
        alignment_period     = "300s"
        per_series_aligner   = "ALIGN_SUM"
        cross_series_reducer = "REDUCE_SUM"
      }
    }
  }

  documentation {
    content = "docs/admin/google-cloud.md, “The audit trail”."
  }
}

resource "google_monitoring_alert_policy" "errors" {
  display_name          = "Countersign: the service fails"
  combiner              = "OR"
  notification_channels = local.channels

  conditions {
    display_name = "More than one answer in twenty is a failure for ten minutes"
    condition_threshold {
      filter             = "resource.type=\"cloud_run_revision\" AND metric.type=\"run.googleapis.com/request_count\" AND metric.labels.response_code_class=\"5xx\""
      denominator_filter = "resource.type=\"cloud_run_revision\" AND metric.type=\"run.googleapis.com/request_count\""
      comparison         = "COMPARISON_GT"
      threshold_value    = 0.05
      duration           = "600s"
      aggregations {
        alignment_period     = "300s"
        per_series_aligner   = "ALIGN_DELTA"
        cross_series_reducer = "REDUCE_SUM"
        group_by_fields      = ["resource.label.service_name"]
      }
      denominator_aggregations {
        alignment_period     = "300s"
        per_series_aligner   = "ALIGN_DELTA"
        cross_series_reducer = "REDUCE_SUM"
        group_by_fields      = ["resource.label.service_name"]
      }
    }
  }
}

resource "google_monitoring_uptime_check_config" "endpoint" {
  display_name = "Countersign endpoint"
  timeout      = "10s"
  period       = "300s"

  # Cloud Run answers 403 to who is not invited; that it does says it is there.
  http_check {
    path         = "/healthz"
    port         = 443
    use_ssl      = true
    validate_ssl = true
    accepted_response_status_codes {
      status_value = 403
    }
    accepted_response_status_codes {
      status_class = "STATUS_CLASS_2XX"
    }
  }

  monitored_resource {
    type = "uptime_url"
    labels = {
      project_id = var.project
      host       = trimprefix(google_cloud_run_v2_service.endpoint.uri, "https://")
    }
  }
}

resource "google_monitoring_dashboard" "this" {
  dashboard_json = templatefile("${path.module}/dashboard.json.tftpl", {
    ingestion = google_cloud_run_v2_service.ingestion.name
    endpoint  = google_cloud_run_v2_service.endpoint.name
  })
}
