"""The contract of a game: one module per file of its folder."""
