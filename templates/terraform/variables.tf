variable "project" {
  description = "The Google Cloud project."
  type        = string
}

variable "region" {
  description = "Where the job runs and its data lie."
  type        = string
  default     = "europe-west1"
}

variable "game" {
  description = "The game's name, as its contract says: names of buckets, datasets and of the job begin with it."
  type        = string
  validation {
    condition     = can(regex("^[a-z][a-z0-9_]{0,30}$", var.game))
    error_message = "game: a-z, 0-9 and _, starting with a letter."
  }
}

variable "source_uri" {
  description = "The job's --source, such as kafka://broker:9092/topic?group=gamebeam. Null: no streaming job, only what it needs."
  type        = string
  default     = null
}

variable "contract" {
  description = "A packaged game's name, or the gs:// path of the contract's folder."
  type        = string
}

variable "image_tag" {
  description = "The tag that templates/build.sh printed."
  type        = string
}

variable "run" {
  description = "Counts the cold starts of the stream. The same number for an update; one more after a drain, or the new job's rows would hide the old one's."
  type        = number
  default     = 1
}

variable "max_workers" {
  type    = number
  default = 4
}

variable "machine_type" {
  type    = string
  default = "n2-standard-2"
}

variable "analysts" {
  description = "Who may read the views, such as group:analysts@example.com."
  type        = list(string)
  default     = []
}

variable "query_gib_per_reader_and_day" {
  description = "GiB that one reader's queries may bill in a day, in the whole project; more are refused until the next day. Null: no limit."
  type        = number
  default     = null
}

variable "on_call" {
  description = "Who may read dead letters as well."
  type        = list(string)
  default     = []
}

variable "pii_readers" {
  description = "Who may read the columns that the contract marks as pii."
  type        = list(string)
  default     = []
}

variable "notification_channels" {
  description = "Where alerts go."
  type        = list(string)
  default     = []
}

variable "kms_key" {
  description = "A Cloud KMS key for buckets, datasets and the job. Null: Google's own."
  type        = string
  default     = null
}

variable "keep_raw_messages" {
  description = "Pub/Sub writes every raw message to a bucket of its own, from which a batch run can replay. Raw messages may hold secrets."
  type        = bool
  default     = false
}

variable "raw_days" {
  description = "Days that raw messages are kept."
  type        = number
  default     = 7
}

variable "batch_source" {
  description = "A glob such as gs://bucket/messages/*, read by a scheduled batch run. Null: none."
  type        = string
  default     = null
}

variable "batch_schedule" {
  description = "Cron. 0 7 * * * is daily at 07:00; 0 6 1-31/2 * * is 06:00 on every odd day of the month."
  type        = string
  default     = "0 7 * * *"
}

variable "batch_time_zone" {
  type    = string
  default = "Etc/UTC"
}

variable "player_hash_version" {
  description = "The version of the player-hash secret: a number, for with another key the same player is another."
  type        = number
  default     = 1
}
