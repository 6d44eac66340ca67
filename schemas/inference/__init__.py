"""How a first contract is told from messages: read, guess, type, tell. The door is schemas/inference/infer.py."""
