"""The examined functions and operators, by topic."""
