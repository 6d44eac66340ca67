"""The transcripts of README.md, played against a server."""

import gzip
import http.client
import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

BLOCK = re.compile(r"```http\n(.*?)```", re.DOTALL)
ANY = "…"


class Transcript(NamedTuple):
    method: str
    path: str
    headers: dict[str, str]
    body: str
    status: int
    answer: object


def transcripts(readme: Path = Path(__file__).parent / "README.md") -> list[Transcript]:
    blocks = BLOCK.findall(readme.read_text())
    return [_transcript(request, response) for request, response in zip(blocks[::2], blocks[1::2], strict=True)]


def _transcript(request: str, response: str) -> Transcript:
    (first, headers, body), (status, _, answer) = _parts(request), _parts(response)
    method, path, _ = first.split()
    return Transcript(method, path, headers, body, int(status.split()[1]), json.loads(answer))


def _parts(text: str) -> tuple[str, dict[str, str], str]:
    head, _, body = text.partition("\n\n")
    first, *lines = head.splitlines()
    return first, {name: value for name, _, value in (line.partition(": ") for line in lines)}, body.strip()


def play(url: str, key: str) -> Iterator[str]:
    """One line per transcript: ok, or what differs."""
    for number, one in enumerate(transcripts(), 1):
        status, answer = _exchange(url, one, {"{{key}}": key, "{{now}}": str(time.time_ns() // 1_000_000)})
        if status != one.status:
            yield f"{number}: {one.method} {one.path}: status {status}, expected {one.status}: {answer}"
        elif not _same(one.answer, answer):
            yield f"{number}: {one.method} {one.path}: answered {json.dumps(answer)}, expected {json.dumps(one.answer, ensure_ascii=False)}"
        else:
            yield f"{number}: {one.method} {one.path}: ok"


def _exchange(url: str, one: Transcript, values: dict[str, str]) -> tuple[int, object]:
    def filled(text: str) -> str:
        for name, value in values.items():
            text = text.replace(name, value)
        return text

    at = urlsplit(url)
    kind = http.client.HTTPSConnection if at.scheme == "https" else http.client.HTTPConnection
    connection = kind(at.netloc, timeout=30)
    body, headers = filled(one.body).encode(), {name: filled(value) for name, value in one.headers.items()}
    try:
        connection.request(one.method, at.path.rstrip("/") + one.path,
                           gzip.compress(body) if headers.get("Content-Encoding") == "gzip" else body, headers)
        response = connection.getresponse()
        raw = response.read()
    finally:
        connection.close()
    try:
        return response.status, json.loads(raw)
    except ValueError:
        return response.status, raw.decode(errors="replace")


def _same(expected: object, got: object) -> bool:
    if isinstance(expected, str) and ANY in expected:
        return isinstance(got, str) and re.fullmatch(".*".join(map(re.escape, expected.split(ANY))), got, re.DOTALL) is not None
    if isinstance(expected, dict):
        return isinstance(got, dict) and all(name in got and _same(value, got[name]) for name, value in expected.items())
    if isinstance(expected, list):
        return isinstance(got, list) and len(got) == len(expected) and all(map(_same, expected, got))
    return type(expected) is type(got) and bool(expected == got)
