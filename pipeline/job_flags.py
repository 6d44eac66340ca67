"""The flags of `gamebeam run`: the command line, Beam's options and the flex template all take them from here. Imports no Beam."""

from typing import NamedTuple


class JobFlag(NamedTuple):
    """name: as it is given, without --. attribute: as the options and the template's parameters have it."""

    name: str
    attribute: str
    help: str
    is_switch: bool = False
    old_name: str = ""  # accepted with a warning in this version

    @property
    def names(self) -> list[str]:
        return [f"--{name}" for name in (self.name, self.old_name) if name]


FLAGS = (
    JobFlag("source", "source", "Where messages come from: a file or a glob, such as 'messages/*' or gs://bucket/messages/*, or "
            "kafka://broker:9092/topic?group=…&start=committed, or pubsub://projects/PROJECT/subscriptions/SUBSCRIPTION"),
    JobFlag("follow", "follow", "Read the glob's files as they are dropped, each once, without end", is_switch=True),
    JobFlag("contract", "contract", "A packaged game's name, or the path of a contract's folder, on disk or gs://; by default the "
            "archive's own, so that only a new archive needs it"),
    JobFlag("archive", "archive", "Root folder of the Parquet archive, on disk or gs://; one per game"),
    JobFlag("tables", "tables", "BigQuery tables beside the archive: bq://project.dataset; `gamebeam tables apply` creates them"),
    JobFlag("run_id", "run_id", "Name of this run; by default a batch run's is derived from its inputs, and a stream's from the launch; "
            "give a stream's again to continue it from a savepoint"),
    JobFlag("reprocess", "again", "Read files that a complete run has read, and supersede that run", is_switch=True, old_name="again"),
    JobFlag("player-store", "players", "Where each player's last known values are kept, beside the archive: redis://host:6379/0",
            old_name="players"),
    JobFlag("config", "config", "YAML file of rare settings, on disk or gs://: pii_key_file, follow_seconds, follow_still_seconds, "
            "follow_files, horizon_minutes, rollup_minutes"),
)
