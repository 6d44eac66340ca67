"""Messages of Kafka topics."""
