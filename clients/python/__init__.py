"""The reference client in Python: copy gamebeam_client, it needs the standard library alone."""
