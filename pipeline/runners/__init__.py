"""What is particular to one runner, and everything that touches Beam's private API."""
