"""What an event is: contracts, event classes, tables. Knows nothing of Beam."""
