"""How it is wired: build.py is the job; __main__.py the door."""
