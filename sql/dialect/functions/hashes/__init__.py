"""Hashes and encodings."""
