"""The modules that describe examined functions. Importing this fills the registry."""

from sql.dialect import operators

__all__ = ["operators"]
