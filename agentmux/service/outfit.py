"""What an agent finds in its place: its command, its environment and its CLI's files, with everything filled in."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from agentmux.config import Session
from agentmux.paths import SessionPaths
from agentmux.sandbox.base import MODEL_PORT, ROOM_PORT

WHOLE = ("task", "rules")
"""In a command these stand for a whole argument: a text in the middle of one would not stay one."""


def known_of(session: Session, agent: str) -> dict[str, str]:
    """What the names in braces stand for."""
    spec = session.agent(agent)
    names = {"agent": agent, "session": session.id}
    return {
        **names,
        "task": spec.task or session.task,
        "rules": fill(_rules(), names),
        "room_url": f"http://127.0.0.1:{ROOM_PORT}",
        "model_url": f"http://127.0.0.1:{MODEL_PORT}",
    }


def fill(text: str, known: dict[str, str]) -> str:
    """Put the known values into `{name}` places, once; everything else, other braces included, stays as it is.

    >>> fill('{"me": "{agent}", "x": {}}', {"agent": "ada"})
    '{"me": "ada", "x": {}}'
    """
    pieces = text.split("{")
    filled = pieces[0]
    for piece in pieces[1:]:
        name, brace, rest = piece.partition("}")
        filled += f"{known[name]}{rest}" if brace and name in known else f"{{{piece}"
    return filled


def fill_argv(argv: list[str], known: dict[str, str]) -> tuple[str, ...]:
    """A command with its arguments filled in; an argument that is nothing but an empty task is left out.

    >>> fill_argv(["cli", "--name={agent}", "{task}"], {"agent": "ada", "task": "", "rules": ""})
    ('cli', '--name=ada')
    """
    parts = {name: value for name, value in known.items() if name not in WHOLE}
    whole = {f"{{{name}}}": known[name] for name in WHOLE}
    return tuple(whole.get(word, fill(word, parts)) for word in argv if not (word == "{task}" and not known["task"]))


def lay_files(paths: SessionPaths, session: Session, agent: str) -> None:
    """Write the files of the agent's CLI, before it has ever run: later its home is full of its own."""
    known = known_of(session, agent)
    for file in session.agent(agent).profile.files:
        target = _on_the_host(paths, agent, file.path)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(fill(file.text, known), encoding="utf-8")


def _on_the_host(paths: SessionPaths, agent: str, path: str) -> Path:
    top, _, rest = path.removeprefix("/").partition("/")
    return (paths.agent_home(agent) if top == "~" else paths.agent_etc(agent)) / rest


@cache
def _rules() -> str:
    return (Path(__file__).parent / "rules.md").read_text(encoding="utf-8").strip()
