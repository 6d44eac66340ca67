"""What every run needs before it starts: its contract, its settings and its secrets, checked while nothing is written yet."""

from dataclasses import dataclass

from gamebeam.archive.contract_file import accepted_contract, store_contract
from gamebeam.archive.leftovers import remove_temporary_files
from gamebeam.archive.manifest import Run, read_runs
from gamebeam.pipeline.archive_contract import given_contract
from gamebeam.pipeline.options import Config, JobOptions, on_dataflow, pii_key
from gamebeam.pipeline.warehouse import Warehouse, open_warehouse
from gamebeam.schemas.contract.contract import Contract
from gamebeam.transforms.sinks.player_store.store import check_store


@dataclass(frozen=True)
class Launch:
    """handed_over: the job runs on Dataflow, without this process."""

    contract: Contract
    config: Config
    pii_key: bytes | None
    handed_over: bool


def checked_launch(options: JobOptions) -> Launch:
    """Read and check what the flags name.

    Raises:
        ContractRefused: The contract does not go with the archive.
        ValueError: The --config, the key or the player store cannot be used: one line.
    """
    contract, handed_over = accepted_contract(options.archive, given_contract(options.contract)), on_dataflow(options)
    config = Config.load(options.config)
    key = pii_key(config, handed_over)
    if options.players and not handed_over:
        check_store(options.players)
    return Launch(contract, config, key, handed_over)


def claim_destinations(options: JobOptions, contract: Contract) -> tuple[Warehouse, list[Run]]:
    """Make the contract the archive's own, and remove temporary files that no process still writes.

    Returns:
        (BigQuery's tables, the runs that the archive has already).
    """
    store_contract(options.archive, contract)
    remove_temporary_files(options.archive)
    return open_warehouse(options, contract), read_runs(options.archive)
