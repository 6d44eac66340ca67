"""What a command wrote to stderr, for a test."""

ANNOUNCEMENT = "gamebeam run: reading "


def error_line(stderr: str) -> str:
    """The only line of an error. `gamebeam run` announces what it reads before that, in a line of its own."""
    lines = [line for line in stderr.strip().splitlines() if not line.startswith(ANNOUNCEMENT)]
    assert len(lines) == 1, stderr
    return lines[0]
