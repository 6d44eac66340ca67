"""Gamebeam: every game event accounted for. The packages below are the repository's folders of the same names."""
