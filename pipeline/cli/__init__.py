"""What gamebeam can do: a function per command, from its arguments to an exit code."""
