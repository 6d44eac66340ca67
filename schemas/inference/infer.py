"""`gamebeam contract infer`: a first contract from real messages, and the reasons for every guess."""

from pathlib import Path

from gamebeam.schemas.contract.contract import parse_contract
from gamebeam.schemas.inference.events import own_fields
from gamebeam.schemas.inference.guess import guess
from gamebeam.schemas.inference.sample import read_sample
from gamebeam.schemas.inference.secrets import is_secret
from gamebeam.schemas.inference.summary import tell
from gamebeam.schemas.inference.unwrap import open_sample
from gamebeam.schemas.inference.write import contract_files


def infer(sample: Path, out: Path) -> str:
    """Writes a contract into the new folder `out` and returns, as text, what was guessed and why, and what could not be."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise FileExistsError(f"{out}: is there already and not empty; give --out a new folder")
    read = read_sample(sample)
    try:
        opened = open_sample(read)
        found = guess(opened.bodies, opened.leaves, [m.publish_time for m in read.messages], is_secret)
    except ValueError as e:
        raise ValueError(f"{sample}: {e}") from None
    findings = own_fields(opened, found)
    text = contract_files(sample, out, read, opened, found, findings)
    parse_contract(text, str(out))  # nothing is written that could not be loaded
    for name, body in text.items():
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_text(body)
    return tell(sample, out, read, found, findings)
