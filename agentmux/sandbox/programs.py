"""Programs of this machine for a sandbox that has no image: where they are, and which folders they need to be seen."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from agentmux.errors import MissingProgram

SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/nix/store", "/gnu/store")
"""What every program of the system needs; nobody's own files are there."""
SYSTEM_PATH = ("/usr/local/bin", "/usr/bin", "/bin")
SHIMS = "shims"
"""The folder in which version managers (pyenv, asdf, mise) keep programs that look for the real ones in the home."""
DEPTH = 4
"""How many interpreters one behind the other are followed: a script, its env, its node."""


@dataclass(frozen=True, slots=True)
class Program:
    """A program's path, and the folders outside of the system that it needs, to be seen at the same paths inside."""

    path: Path
    folders: tuple[Path, ...]


def find(name: str) -> Program:
    """The program of that name on the user's PATH.

    Raises:
        MissingProgram: it is not there.
    """
    if not (path := _which(name)):
        raise MissingProgram(
            f"{name} is not installed on this machine, whose own programs the bubblewrap sandbox runs.",
            "Install it, or choose --sandbox docker or podman, whose images bring it along.",
        )
    folders = dict.fromkeys(folder for folder in _folders(path, DEPTH) if not _of_the_system(folder))
    return Program(path, tuple(f for f in folders if not any(f != o and f.is_relative_to(o) for o in folders)))


def system(name: str) -> str:
    """The path of a program in the system's folders, which every sandbox of this machine's programs shows.

    Raises:
        MissingProgram: it is not there.
    """
    for folder in SYSTEM_PATH:
        if os.access(path := f"{folder}/{name}", os.X_OK):
            return path
    raise MissingProgram(
        f"{name} is not installed in {' or '.join(SYSTEM_PATH)}, and agents in bubblewrap need it.",
        f"Debian, Ubuntu: `apt install {name}`.",
    )


def _which(name: str) -> Path | None:
    folders = [Path(part) for part in os.environ.get("PATH", os.defpath).split(os.pathsep) if part.startswith("/")]
    for folder in [*(f for f in folders if f.name != SHIMS), *map(Path, SYSTEM_PATH)]:
        if (path := folder / name).is_file() and os.access(path, os.X_OK):
            return path
    return None


def _folders(path: Path, depth: int) -> Iterator[Path]:
    """The folder of each link on the way to the file, the file's own, and those of its interpreter."""
    seen = path
    for _ in range(40):  # as many as the kernel follows
        yield _installation(seen)
        if not seen.is_symlink():
            break
        seen = Path(os.path.normpath(seen.parent.resolve() / seen.readlink()))
    yield _installation(path.resolve())
    if depth and (interpreter := _interpreter(path)):
        yield from _folders(interpreter, depth - 1)


def _installation(path: Path) -> Path:
    """What was installed together: `bin` with the `lib` beside it, unless that is `~/.local`, full of other things."""
    folder, around = path.parent, path.parent.parent
    shared = around in (Path.home(), Path.home() / ".local", Path("/"))
    return around if folder.name == "bin" and (around / "lib").is_dir() and not shared else folder


def _interpreter(path: Path) -> Path | None:
    """What a script names in its first line; with `env` the program that env would find."""
    with path.open("rb") as file:
        line = file.readline(256)
    if not line.startswith(b"#!"):
        return None
    words = line[2:].decode(errors="replace").split()
    if words and Path(words[0]).name == "env":
        name = next((word for word in words[1:] if not word.startswith("-") and "=" not in word), "")
        return _which(name) if name else None
    return Path(words[0]) if words and Path(words[0]).is_file() else None


def _of_the_system(path: Path) -> bool:
    return any(path.is_relative_to(folder) for folder in SYSTEM)
