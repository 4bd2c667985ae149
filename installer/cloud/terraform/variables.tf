variable "project" {
  description = "The id of the project. It should hold Countersign and nothing else."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project))
    error_message = "This is no id of a Google Cloud project."
  }
}

variable "location" {
  description = "The one region of Firestore, the buckets, Cloud Run, Vertex AI and the keys, such as us-central1 or europe-west3."
  type        = string

  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]+$", var.location))
    error_message = "One region, such as us-central1: a multi-region has no keys in the same place."
  }
}

variable "document_location" {
  description = "Where Document AI runs: us or eu, or a region that has it."
  type        = string
  default     = "us"
}

variable "search_location" {
  description = "Where Vertex AI Search keeps its data store: us, eu or global."
  type        = string
  default     = "us"

  validation {
    condition     = contains(["us", "eu", "global"], var.search_location)
    error_message = "Vertex AI Search has the locations us, eu and global."
  }
}

variable "billing_account" {
  description = "The billing account for the budget alert. Empty: no budget is made."
  type        = string
  default     = ""
}

variable "monthly_budget" {
  description = "Units of the billing account's currency a month, at which people are told (50, 90, 100 % and forecast)."
  type        = number
  default     = 5000
}

variable "alert_emails" {
  description = "Who is told when something fails or costs too much."
  type        = list(string)
  default     = []
}

variable "groups" {
  description = "The Google groups of the people who work with Countersign, by role."
  type = object({
    case_managers  = string
    ur_specialists = string
    physicians     = string
    administrators = string
  })
}

variable "client_id" {
  description = "The OAuth client (desktop application) with which desks sign in. Made by hand: Terraform cannot."
  type        = string
}

variable "client_secret" {
  description = "What Google shows as the secret of that client. A desktop client has none: its token server asks for it all the same."
  type        = string
  default     = ""
}

variable "public_key" {
  description = "The public half of the key that signs determinations, as `countersign serve --new-signing-key` prints it; several with commas."
  type        = string
  default     = ""
}

variable "prompt_model" {
  description = "The model that fills what a prompt lacks: a name such as gemini-2.5-flash, or a tuned endpoint. Empty: the template alone."
  type        = string
  default     = ""
}

variable "ur_model" {
  description = "The model that recommends. Empty: the criteria engine of each desk alone."
  type        = string
  default     = ""
}

variable "image" {
  description = "The container of the ingestion service with its digest: REGION-docker.pkg.dev/PROJECT/countersign/ingestion@sha256:…"
  type        = string
}

variable "form_types" {
  description = "The form types that get a Document AI processor, by their name in Countersign; the value is what people call it."
  type        = map(string)
  default = {
    tx_nofr001 = "Texas Standard Prior Authorization (NOFR001)"
    bsc_dme    = "Blue Shield of California DME"
  }
}

variable "retention_years" {
  description = "How long arrivals and clinical documents are kept: ten years for Medicare Advantage (42 CFR 422.504(d))."
  type        = number
  default     = 10
}

variable "lock_retention" {
  description = "Lock the retention of the buckets and of the audit log. It cannot be undone, not even by Google."
  type        = bool
  default     = false
}

variable "protect" {
  description = "Refuse to delete the database and the buckets with Terraform."
  type        = bool
  default     = true
}

variable "endpoint_instances" {
  description = "The most instances of the endpoint that desks ask."
  type        = number
  default     = 20
}

variable "ingestion_instances" {
  description = "The most instances that read arrivals at the same time; each reads one document."
  type        = number
  default     = 40
}
