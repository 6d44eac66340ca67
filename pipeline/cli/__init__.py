"""The command line: one module per command, on click. `gamebeam.pipeline.cli.__main__.main` is the entry point."""
