"""Files that come from anywhere: read whole, but never without end."""

from __future__ import annotations

from pathlib import Path

from agentmux.errors import ConfigError


def content(file: Path, limit: int) -> bytes:
    """What is in the file; raises ConfigError if it cannot be read, or has more than `limit` bytes (whole MiB)."""
    try:
        with file.open("rb") as opened:
            found = opened.read(limit + 1)
    except OSError as err:
        raise ConfigError(f"{file}: cannot be read: {err.strerror}.") from err
    if len(found) > limit:
        raise ConfigError(f"{file}: is larger than {limit >> 20} MiB.")
    return found
