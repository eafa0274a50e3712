"""What the model can call: a shell, and whatever the room offers."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import room

from . import shell

PREFIX = "room_"
"""Begins the names of the room's tools."""
SECONDS = 300
"""How long a command may take if the model does not say."""
SHELL = {
    "name": "shell",
    "description": (
        "Run a command in bash, in a new shell that begins in the repository. Returns what it printed, shortened in "
        "the middle if it is long, and its exit status. It gets no input. Start in the background what does not end."
    ),
    "parameters": {
        "type": "object",
        "required": ["command"],
        "properties": {
            "command": {"type": "string"},
            "timeout": {"type": "number", "description": f"Seconds after which it is stopped; {SECONDS} by default."},
        },
    },
}


@dataclass(frozen=True)
class Done:
    """What came of a call: a text for the model, what the human sees of it, how it ended, and whether well."""

    text: str
    shown: str
    how: str
    well: bool = True


@dataclass(frozen=True)
class Call:
    """A call that the model makes, its arguments read."""

    id: str
    name: str
    arguments: Mapping[str, Any]

    @property
    def title(self) -> str:
        """The call as a line for the human: a command as it is, a tool of the room like the `room` command."""
        if self.name == SHELL["name"]:
            return f"$ {self.arguments.get('command', '')}"
        words = (
            f"{key}={value if isinstance(value, str) else json.dumps(value)}" for key, value in self.arguments.items()
        )
        return " ".join([self.name.replace("_", " ", 1), *words])


def read_call(call: Mapping[str, Any]) -> Call:
    """A call as it stands in a message; arguments that are no JSON object become the argument `unreadable`."""
    function = call["function"]
    try:
        arguments = json.loads(function.get("arguments") or "{}")
    except ValueError:
        arguments = None
    if not isinstance(arguments, dict):
        arguments = {"unreadable": function["arguments"]}
    return Call(call["id"], function["name"], arguments)


def offered() -> list[dict[str, Any]]:
    """The tools as functions of Chat Completions; raises like `room.tools`."""
    listed = [
        {"name": PREFIX + tool["name"], "description": tool["description"], "parameters": tool["inputSchema"]}
        for tool in room.tools()
    ]
    return [{"type": "function", "function": function} for function in [SHELL, *listed]]


def do(call: Call, stop: threading.Event, told: Callable[[str], None]) -> Done:
    """Make the call; `told` gets what a command prints as it comes, and `stop` ends it."""
    if "unreadable" in call.arguments:
        return Done("The arguments of this call are no JSON object. Make it again.", "", "unreadable", well=False)
    if call.name == SHELL["name"]:
        return _command(call.arguments, stop, told)
    if call.name.startswith(PREFIX):
        try:
            text = room.answer(call.name.removeprefix(PREFIX), **call.arguments)
        except (room.Refused, OSError) as error:
            return Done(str(error), str(error), "failed", well=False)
        return Done(text, text, "")
    return Done(f"There is no tool {call.name}.", "", "unknown", well=False)


def _command(arguments: Mapping[str, Any], stop: threading.Event, told: Callable[[str], None]) -> Done:
    command, seconds = arguments.get("command"), arguments.get("timeout", SECONDS)
    if not isinstance(command, str) or not isinstance(seconds, int | float):
        return Done("`command` must be a text, `timeout` a number of seconds.", "", "unreadable", well=False)
    ran = shell.run(command, seconds, stop, told)
    how = f"stopped after {seconds:g} s" if ran.status is None else f"exit {ran.status}"
    text = f"{ran.output.rstrip()}\n({how})".lstrip()
    return Done(text, ran.output, f"{how} · {ran.seconds:.1f} s", well=ran.status == 0)
