"""Each player's last known values and notifications, in Redis."""
