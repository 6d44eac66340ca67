"""make live: generated players, the job over their messages, and its views while they change."""
