"""Gamebeam: every game event accounted for. The packages below are the repository's folders of the same names."""

__version__ = "0.1.0"
