"""Gamebeam's reference client: counts what it sends, keeps it on disk until the collector has it. Standard library only."""

from .client import Client
from .transport import Later, Rejected, Transport

__all__ = ["Client", "Later", "Rejected", "Transport"]
