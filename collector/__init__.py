"""The front door: how a game sends its events. HTTP in, acknowledged messages at the broker out."""
