"""The game API of the write-ups: their routes and rules, players' accounts in Redis, events to their topics in their formats."""
