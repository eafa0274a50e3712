"""An action as a call of one of the tools that a CLI offers. One function per way of offering tools.

What the CLIs offer, as recorded from them:

```
Claude Code    Bash, Write, Edit, Read, mcp__room__claim
Codex          exec_command; namespace mcp__room with claim. Code mode: one freeform `exec` that runs JavaScript
opencode       bash, write, edit, read, room_claim
Gemini CLI     run_shell_command, write_file, replace, mcp_room_claim
mini           bash, nothing else: the room is reached by its `room` command
```
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from agentmux.gateway.scripted_model.beats import Action, Call, Edit, Read, Run, Wait, Write, room_command
from agentmux.gateway.scripted_model.conversation import Tool, ToolCall

SHELLS = ("Bash", "bash", "exec_command", "shell_command", "shell", "run_shell_command")
WRITERS = ("Write", "write", "write_file")
EDITORS = ("Edit", "edit", "replace")
READERS = ("Read", "read")
PATCHER = "apply_patch"
CODE = "exec"
"""Codex's code mode: the tools are JavaScript functions inside this one."""
INBOX_WAIT = 25
"""Seconds that one call of `inbox` waits; CLIs give up on a tool that takes long, some after 30 seconds."""
ABOUT = "A step of the script"
REPLACE = (
    "import sys; p, a, b = sys.argv[1:]; s = open(p).read(); assert s.count(a) == 1; "
    "open(p, 'w').write(s.replace(a, b))"
)


def call_of(action: Action, offered: Sequence[Tool]) -> ToolCall | None:
    """The tool call that does the action; None if nothing that is offered can."""
    if code := next((tool for tool in offered if tool.name == CODE and tool.freeform), None):
        return ToolCall(code, _javascript(action))
    match action:
        case Run(command):
            return _shell(command, offered)
        case Read(path):
            return _file(READERS, offered, path=path)
        case Write(path, text):
            return (
                _file(WRITERS, offered, path=path, text=text)
                or _patch(action, offered)
                or _shell(_writing(action), offered)
            )
        case Edit(path, find, replace):
            return (
                _file(EDITORS, offered, path=path, old=find, new=replace)
                or _patch(action, offered)
                or _shell(_editing(action), offered)
            )
        case Call(name, arguments):
            return _named(name, arguments, offered)
        case Wait():
            return _named("inbox", {"wait": INBOX_WAIT}, offered)


ARGUMENTS: dict[str, tuple[str, ...]] = {
    "path": ("file_path", "filePath", "path"),
    "text": ("content",),
    "old": ("old_string", "oldString"),
    "new": ("new_string", "newString"),
}
"""What the file tools call their arguments."""
ASIDE: dict[str, Any] = {"description": ABOUT, "instruction": ABOUT, "is_background": False}
"""What some tools want to be told beside what is to be done."""


def _shell(command: str, offered: Iterable[Tool]) -> ToolCall | None:
    tool = _first(SHELLS, offered)
    if tool is None:
        return None
    name = "cmd" if "cmd" in tool.properties else "command"
    takes_list = tool.properties.get(name, {}).get("type") == "array"
    return ToolCall(tool, {name: ["bash", "-lc", command] if takes_list else command} | _aside(tool))


def _file(names: Iterable[str], offered: Iterable[Tool], **values: str) -> ToolCall | None:
    tool = _first(names, offered)
    if tool is None:
        return None
    given = {
        next((name for name in ARGUMENTS[what] if name in tool.properties), ARGUMENTS[what][0]): value
        for what, value in values.items()
    }
    return ToolCall(tool, given | _aside(tool))


def _patch(action: Write | Edit, offered: Sequence[Tool]) -> ToolCall | None:
    """Codex's patch: a tool, or a program that it puts on the path of its shell."""
    if tool := _first([PATCHER], offered):
        name = next(iter(tool.properties), "input")
        return ToolCall(tool, patch_of(action) if tool.freeform else {name: patch_of(action)})
    if _first(["exec_command"], offered):
        return _shell(f"{PATCHER} <<'END_OF_PATCH'\n{patch_of(action)}END_OF_PATCH", offered)
    return None


def _named(name: str, arguments: Mapping[str, Any], offered: Sequence[Tool]) -> ToolCall | None:
    """A tool of the room; else one of exactly that name; else, where the room has no tools, its command in a shell."""
    inside = re.compile(rf"room[_.:/-]+{re.escape(name)}")
    tool = next((tool for tool in offered if inside.search(f"{tool.space}__{tool.name}")), None)
    tool = tool or _first([name], offered)
    if tool:
        return ToolCall(tool, arguments)
    return _shell(room_command(name, arguments), offered)


def patch_of(action: Write | Edit) -> str:
    r"""The action in the format of `apply_patch`, which changes whole lines.

    >>> print(patch_of(Edit("a.txt", "one\n", "two\n")), end="")
    *** Begin Patch
    *** Update File: a.txt
    @@
    -one
    +two
    *** End Patch
    """
    if isinstance(action, Write):
        body = [f"*** Add File: {action.path}", *(f"+{line}" for line in action.text.splitlines())]
    else:
        old, new = action.find.splitlines(), action.replace.splitlines()
        body = [f"*** Update File: {action.path}", "@@", *(f"-{line}" for line in old), *(f"+{line}" for line in new)]
    return "\n".join(["*** Begin Patch", *body, "*** End Patch"]) + "\n"


def _javascript(action: Action) -> str:
    """The action for Codex's code mode, where a tool of the room is found by the end of its name."""
    match action:
        case Run(command):
            return f"text(await tools.exec_command({json.dumps({'cmd': command})}));"
        case Read(path):
            return f"text(await tools.exec_command({json.dumps({'cmd': shlex.join(['cat', path])})}));"
        case Write() | Edit():
            return f"text(await tools.apply_patch({json.dumps(patch_of(action))}));"
        case Call(name, arguments):
            return _javascript_call(name, arguments)
        case Wait():
            return _javascript_call("inbox", {"wait": INBOX_WAIT})


def _javascript_call(name: str, arguments: Mapping[str, Any]) -> str:
    find = f"ALL_TOOLS.find(t => t.name.endsWith({json.dumps(f'room__{name}')}) || t.name === {json.dumps(name)})"
    return f"const found = {find}; text(await tools[found.name]({json.dumps(dict(arguments))}));"


def _writing(action: Write) -> str:
    path = shlex.quote(action.path)
    return f'mkdir -p "$(dirname {path})" && printf %s {shlex.quote(action.text)} > {path}'


def _editing(action: Edit) -> str:
    return shlex.join(["python3", "-c", REPLACE, action.path, action.find, action.replace])


def _first(names: Iterable[str], offered: Iterable[Tool]) -> Tool | None:
    by_name = {tool.name: tool for tool in offered}
    return next((by_name[name] for name in names if name in by_name), None)


def _aside(tool: Tool) -> dict[str, Any]:
    return {name: value for name, value in ASIDE.items() if name in tool.properties}
