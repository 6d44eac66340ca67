"""YAML and JSON of a contract, read within limits: a contract comes from a stranger, and must not take the machine."""

import re
from collections.abc import Hashable
from importlib.resources.abc import Traversable
from pathlib import Path

import yaml

MOST_FILE_BYTES = 16_000_000  # of any file, examples included
MOST_BYTES = 1_000_000  # of a file of YAML or Avro
MOST_DEPTH = 32  # containers inside one another
MOST_NODES = 50_000  # values of one YAML file, with every alias counted as what it stands for
LONGEST = 10_000  # characters of one YAML value
MOST_JSON_DEPTH = 4 * MOST_DEPTH  # a record inside a record is four levels of Avro's JSON
STRING_OR_BRACKET = re.compile(r'"(?:[^"\\]|\\.)*+"|[\[\]{}]', re.DOTALL)
LOADER: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class OutOfBounds(ValueError):
    """A text that is over one of the limits: says which."""


def read_bounded(path: Path | Traversable) -> str:
    """Read one file of a contract's folder: UTF-8, at most MOST_FILE_BYTES.

    Raises:
        OutOfBounds: the file is larger or not UTF-8; the message names it.
    """
    with path.open("rb") as f:
        body = f.read(MOST_FILE_BYTES + 1)
    if len(body) > MOST_FILE_BYTES:
        raise OutOfBounds(f"{path}: larger than {MOST_FILE_BYTES:,} bytes: a file of a contract is not data")
    try:
        return str(body, "utf-8")
    except UnicodeDecodeError as e:
        raise OutOfBounds(f"{path}: not UTF-8 at byte {e.start}") from None


def load_bounded_yaml(text: str) -> object:
    """Parse one YAML document with yaml.safe_load's types.

    Raises:
        OutOfBounds: the text is too long, nested too deep, expands to too many values, or holds a number that is too long.
        yaml.YAMLError: it is not YAML.
    """
    _require_size(text)
    try:
        _require_shape(text)
        return yaml.load(text, LOADER)
    except yaml.YAMLError:
        return yaml.safe_load(text)  # its own parser says better where a mistake begins
    except (ValueError, OverflowError) as e:  # a number of 5,000 digits, a date in month 13
        raise OutOfBounds(f"a number or date that cannot be read ({str(e)[:80]})") from None


def require_bounded_json(text: str, most: int = MOST_BYTES) -> None:
    """Raise OutOfBounds where JSON text has more than `most` characters or is nested too deep, without parsing it."""
    _require_size(text, most)
    depth = 0
    for token in STRING_OR_BRACKET.finditer(text):
        depth += (token[0] in "[{") - (token[0] in "]}")
        if depth > MOST_JSON_DEPTH:
            raise OutOfBounds(f"nested deeper than {MOST_JSON_DEPTH} levels")


def _require_size(text: str, most: int = MOST_BYTES) -> None:
    if len(text) > most:
        raise OutOfBounds(f"{len(text):,} characters; at most {most:,}")


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1


def _require_shape(text: str) -> None:
    """Count values from the stream of events, before anything is built: aliases of aliases would grow exponentially."""
    sizes: dict[Hashable, int] = {}  # of finished anchors
    open_nodes: list[tuple[str | None, int]] = [(None, 0)]  # (anchor, values so far) from the document down to here
    for event in yaml.parse(text, LOADER):
        if isinstance(event, yaml.CollectionStartEvent):
            open_nodes.append((event.anchor, 1))
            if len(open_nodes) > MOST_DEPTH:
                raise OutOfBounds(f"line {_line(event)}: nested deeper than {MOST_DEPTH} levels")
            continue
        if isinstance(event, yaml.CollectionEndEvent):
            anchor, size = open_nodes.pop()
        elif isinstance(event, yaml.ScalarEvent):
            anchor, size = event.anchor, 1
            if len(event.value) > LONGEST:
                raise OutOfBounds(f"line {_line(event)}: a value of {len(event.value):,} characters; at most {LONGEST:,}")
        elif isinstance(event, yaml.AliasEvent):
            anchor, size = None, sizes.get(event.anchor, MOST_NODES + 1)  # an alias inside its own anchor has no end
        else:
            continue
        if anchor is not None:
            sizes[anchor] = size
        around, so_far = open_nodes[-1]
        open_nodes[-1] = around, so_far + size
        if so_far + size > MOST_NODES:
            raise OutOfBounds(f"line {_line(event)}: more than {MOST_NODES:,} values, aliases included")
