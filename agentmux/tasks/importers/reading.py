"""Reading a task's files, which come from anywhere: never out of their folder, and never without end."""

from __future__ import annotations

from pathlib import Path

from agentmux.errors import ConfigError
from agentmux.foreign import content

LIMIT = 4 << 20
"""Bytes of a file that is read whole."""


def inside(folder: Path, name: str) -> Path:
    """A file or folder of a task; raises ConfigError if it is not there, or a link leads out of the task's folder."""
    found = folder / name
    if not found.exists():
        raise ConfigError(f"{found}: it is not there.", f"A task like {folder} needs it.")
    if not found.resolve().is_relative_to(folder.resolve()):
        raise ConfigError(f"{found}: this link leads out of the task's folder.", "Put a copy there.")
    return found


def text(folder: Path, name: str) -> str:
    """What is in a file of a task; raises ConfigError, also if it is large or no UTF-8."""
    file = inside(folder, name)
    read = content(file, LIMIT)
    try:
        return read.decode("utf-8")
    except UnicodeDecodeError as err:
        raise ConfigError(f"{file}: cannot be read: it is not UTF-8.") from err
