"""Reference clients, the protocol that they speak (README.md), and what checks any client or server against it."""
