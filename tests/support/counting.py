"""Messages counted by window. A module of its own: a Flink worker imports it by its name."""

from pathlib import Path

import apache_beam as beam


def count(messages):
    return 0, len(messages.payloads)


class Write(beam.DoFn):
    """A file for each window, its name the window's start and its content what it counted."""

    def __init__(self, folder):
        self.folder = folder

    def process(self, counted, stretch=beam.DoFn.WindowParam):
        Path(self.folder, str(stretch.start.micros)).write_text(str(counted[1]))
        return ()
