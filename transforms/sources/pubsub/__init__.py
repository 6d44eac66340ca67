"""Messages of a Pub/Sub subscription."""
