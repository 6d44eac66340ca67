"""Gamebeam: every game event accounted for, from the game's players to its analysts.

    con = gamebeam.open_archive("archive")
    con.sql("SELECT event_type, SUM(received), SUM(landed) FROM ledger GROUP BY event_type")

The command `gamebeam` runs jobs, reports and checks; the names below are for notebooks, tests and Beam pipelines of your own. The
packages inside are the repository's folders of the same names. A room is imported when a name first needs it: Beam takes seconds.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import apache_beam
    import duckdb

    from gamebeam.pipeline.build import Job
    from gamebeam.schemas.contract.contract import Contract
    from gamebeam.transforms.messages import Messages

__all__ = ["Job", "Messages", "build", "decode", "load_contract", "open_archive"]
__version__ = "0.1.0"


def open_archive(path: str, contract: "Contract | None" = None) -> "duckdb.DuckDBPyConnection":
    """Open an archive as a DuckDB connection with all views of its game: one per event type, and ledger, sessions, players …

    The connection reads the archive's part files and no others. Times are UTC. Views see the runs that are open or complete now.

    Args:
        path: Root folder of an archive on disk, which `gamebeam run --archive=PATH` writes.
        contract: A contract that differs from the archive's own in views, questions, reports or feeds; None is the archive's own.

    Returns:
        A connection to an in-memory database: views in the schema `main`, the rows under them in the schema `tables`.

    Raises:
        ArchiveError: There is no archive at `path`, or it cannot be read.
        ContractRefused: The archive holds no contract, or `contract` has other events than it.
    """
    from gamebeam.archive.stored_contract import for_reading
    from gamebeam.pipeline.archive_contract import stored_contract
    from gamebeam.sql.engine import open_archive as opened

    return opened(for_reading(path, stored_contract(path), contract), path)


def load_contract(name_or_path: str) -> "Contract":
    """Load a contract: what a game's events are, how they look on the wire, and what people ask.

    Args:
        name_or_path: The name of a packaged game, such as `starter`, or the path of a contract's folder on disk.

    Raises:
        ContractError: A file of the contract is not valid: the file, the field, what is wrong.
    """
    from gamebeam.schemas.contract.contract import load_contract as loaded

    return loaded(name_or_path)


def decode(message: bytes, contract: "Contract", arrival_time: int | None = None, pii_key: bytes | None = None) -> Any:
    """Decode one message as the job does: into an event, or into a dead letter with the reason.

    For many messages make one `gamebeam.transforms.decode.decoder.Decoder` and call its decode().

    Args:
        message: The payload, as a source hands it over.
        contract: From load_contract().
        arrival_time: Of the message, in ms since 1970; None is what the message itself contains, or now.
        pii_key: Secret key of the fields that the contract has with pii=hash.

    Returns:
        A struct of the event type's fields (`event.TYPE` is the type's name), or a DeadLetter: `TYPE` is "dead_letter", and `reason`,
        `field` and `detail` say why.

    Raises:
        ValueError: The contract has fields with pii=hash, and no key is given. No message raises.
    """
    from gamebeam.transforms.decode.decoder import Decoder

    return Decoder(contract, pii_key).decode(message, arrival_time)


def build(messages: "apache_beam.PCollection[Messages]", job: "Job") -> "apache_beam.PCollection[tuple[str, int]]":
    """Append the whole job to a pipeline: decode, deduplicate, route, roll up, write.

    Args:
        messages: From any source; a `gamebeam.Messages` holds payloads with their arrival times.
        job: The contract, the archive's root, the run's id, and whether the pipeline is a stream.

    Returns:
        (table, rows) of every file that was written. Views see the files once the run has a manifest: archive.manifest.write_run.
    """
    from gamebeam.pipeline.build import build as built

    return built(messages, job)


def __getattr__(name: str) -> Any:
    """Import the classes that build() needs when they are first used."""
    if name == "Job":
        from gamebeam.pipeline.build import Job

        return Job
    if name == "Messages":
        from gamebeam.transforms.messages import Messages

        return Messages
    raise AttributeError(f"module 'gamebeam' has no attribute {name!r}")
