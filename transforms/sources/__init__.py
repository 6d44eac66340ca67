"""Where messages come from: files, a followed folder, Kafka, Pub/Sub."""
