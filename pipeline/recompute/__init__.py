"""What repair and replay read of an archive: ids by day, and what runs received."""
