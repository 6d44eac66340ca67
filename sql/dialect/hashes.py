"""Hashes and encodings of bytes: MD5, SHA1, SHA256, SHA512, FARM_FINGERPRINT, TO_HEX, TO_BASE64 and their inverses."""
