"""A script's steps as beats: one beat is one reply."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from agentmux.gateway.scripted_model.script import Step

READERS = {"Read", "read"}
"""Tools of CLIs that refuse to change a file which they have not read before."""
SILENT_END = "Done."
"""What a turn ends with when the script says nothing there: some CLIs take an empty reply for a broken one."""


@dataclass(frozen=True, slots=True)
class Run:
    """Run a shell command."""

    command: str


@dataclass(frozen=True, slots=True)
class Read:
    """Read a file."""

    path: str


@dataclass(frozen=True, slots=True)
class Write:
    """Write a new file."""

    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace a text in a file."""

    path: str
    find: str
    replace: str


@dataclass(frozen=True, slots=True)
class Call:
    """Call a tool by its name."""

    tool: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Wait:
    """Wait for a message from a member; `all` is anyone."""

    member: str
    seconds: float


Action = Run | Read | Write | Edit | Call | Wait


@dataclass(frozen=True, slots=True)
class Beat:
    """One reply.

    Args:
        text: what it says.
        action: the tool call it ends with; None ends the turn.
        failures: the HTTP status of each refusal before it goes through.
        seconds: how long it takes.
    """

    text: str = ""
    action: Action | None = None
    failures: tuple[int, ...] = ()
    seconds: float = 0


@dataclass(slots=True)
class _Draft:
    beats: list[Beat] = field(default_factory=list)
    next: Beat = Beat()

    def close(self, action: Action | None) -> None:
        text = self.next.text or ("" if action else SILENT_END)
        self.beats.append(replace(self.next, text=text, action=action))
        self.next = Beat()


def beats_of(steps: Iterable[Step], offered: Iterable[str], ending: Action | None = None) -> tuple[Beat, ...]:
    """The replies that the steps make for a CLI that offers tools of these names and ends its turns with `ending`.

    A CLI without any tool takes what it is to do from the text, so there a whole turn is one reply.
    """
    names = set(offered)
    draft = _Draft()
    for step in steps:
        if step.say is not None:
            _add_text(draft, step.say)
        elif step.fail is not None:
            draft.next = replace(draft.next, failures=draft.next.failures + (step.fail,) * step.times)
        elif step.slow is not None:
            draft.next = replace(draft.next, seconds=draft.next.seconds + step.slow)
        elif step.end:
            draft.close(ending)
        elif not names:
            _add_text(draft, as_text(_action(step)))
        else:
            if step.edit is not None and names & READERS:
                draft.close(Read(step.edit))
            draft.close(_action(step))
    if draft.next != Beat() or not draft.beats or draft.beats[-1].action != ending:
        draft.close(ending)
    return tuple(draft.beats)


def as_text(action: Action) -> str:
    """An action as aider takes it from a reply's text: a search/replace block, a new file, or a suggested command."""
    match action:
        case Write(path, text):
            return f"{path}\n```\n<<<<<<< SEARCH\n=======\n{_line(text)}>>>>>>> REPLACE\n```"
        case Edit(path, find, new):
            return f"{path}\n```\n<<<<<<< SEARCH\n{_line(find)}=======\n{_line(new)}>>>>>>> REPLACE\n```"
        case Run(command):
            return f"```bash\n{command}\n```"
        case Call(name, arguments):
            return as_text(Run(room_command(name, arguments)))
        case Read(path):
            return f"`{path}` would be read."
        case Wait(member, _):
            return f"A message from {member} would be waited for."


def room_command(name: str, arguments: Mapping[str, Any]) -> str:
    """A call of one of the room's tools as a shell command.

    >>> print(room_command("claim", {"paths": ["a.txt"], "intent": "mine"}))
    room claim 'paths=["a.txt"]' intent=mine
    """
    words = (f"{key}={value if isinstance(value, str) else json.dumps(value)}" for key, value in arguments.items())
    return shlex.join(["room", name, *words])


def _action(step: Step) -> Action:
    if step.run is not None:
        return Run(step.run)
    if step.write is not None:
        return Write(step.write, step.text or "")
    if step.edit is not None:
        return Edit(step.edit, step.find or "", step.replace or "")
    if step.call is not None:
        return Call(step.call, step.arguments)
    assert step.wait is not None
    return Wait(step.wait, step.seconds)


def _add_text(draft: _Draft, text: str) -> None:
    draft.next = replace(draft.next, text=f"{draft.next.text}\n\n{text}" if draft.next.text else text)


def _line(text: str) -> str:
    return text if not text or text.endswith("\n") else text + "\n"
