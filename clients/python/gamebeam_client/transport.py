"""Transport: one batch to the collector over a connection that is kept; and when to come again."""

import gzip
import http.client
import json
import random
import time
from typing import Any
from urllib.parse import urlsplit

TIMEOUT_S = 15.0
FIRST_S, LONGEST_S = 0.5, 60.0


class Later(Exception):
    """Not taken, and to be sent again. seconds: the server's wish, or None."""

    def __init__(self, why: str, seconds: float | None = None):
        self.seconds = seconds
        super().__init__(why)


class Rejected(Exception):
    """Not taken, and never will be like this: HTTP status and what the server said."""

    def __init__(self, status: int, why: str):
        self.status = status
        super().__init__(f"{status}: {why}")


class Transport:
    def __init__(self, url: str, key: str):
        self.at, self.key = urlsplit(url), key
        self.connection: http.client.HTTPConnection | None = None

    def send(self, events: list[bytes]) -> dict[str, Any]:
        """The collector's answer: {"accepted": n, "refused": [...]}. Raises Later or Rejected."""
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/x-ndjson", "Content-Encoding": "gzip",
                   "X-Sent-At": str(time.time_ns() // 1_000_000)}
        try:
            if self.connection is None:
                kind = http.client.HTTPSConnection if self.at.scheme == "https" else http.client.HTTPConnection
                self.connection = kind(self.at.netloc, timeout=TIMEOUT_S)
            path = f"{self.at.path.rstrip('/')}/v1/events"
            self.connection.request("POST", path, gzip.compress(b"\n".join(events), 5), headers)
            response = self.connection.getresponse()
            status, body, wish = response.status, response.read(), response.getheader("Retry-After")
        except (OSError, http.client.HTTPException) as e:
            self.close()
            raise Later(f"{type(e).__name__}: {e}") from None
        if status == 202:
            try:
                return dict(json.loads(body))
            except ValueError:
                self.close()
                raise Later("202 without an answer") from None
        if status in (400, 413, 415):
            raise Rejected(status, body[:200].decode(errors="replace"))
        self.close()  # a key, or whatever answers in the collector's place, may be mended; the rest passes
        raise Later(f"{status}", float(wish) if wish and wish.isdigit() else None)

    def close(self) -> None:
        if self.connection:
            self.connection.close()
            self.connection = None


def pause(failures: int, wish: float | None = None) -> float:
    """Seconds to wait after so many failures in a row: twice as long each time, and at random, so that a crowd spreads out."""
    longest = min(LONGEST_S, FIRST_S * 2 ** min(failures, 10))
    return (wish or 0.0) + random.uniform(longest / 2, longest)
