"""Where an agent's model is, apart from what leads there: who only names it need not import an HTTP client."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Upstream:
    """Where the model is: its URL, the header (name, value) with the real key, if it wants one, and its unix socket."""

    url: str
    key: tuple[str, str] | None = None
    socket: Path | None = None

    def __repr__(self) -> str:
        return f"Upstream({self.url!r})"  # a key must not get into a log
