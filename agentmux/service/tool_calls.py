"""A call of one of a CLI's tools, as its hooks tell it: which files it writes, and what a human needs to see of it.

Claude Code names a file as `file_path`; Codex writes the text of a patch as `command`.
"""

from __future__ import annotations

import difflib
import json
import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from agentmux.sandbox.base import TREE

LIMIT = 64 * 1024
"""Characters of a request that are kept."""
PATH_KEYS = ("file_path", "notebook_path")
PATCH_HEADS = ("*** Add File: ", "*** Update File: ", "*** Delete File: ", "*** Move to: ")
READERS = ("Read",)


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for, as text; `covers` is what an `always` to it would go for, empty where there is no such thing.

    That is exactly this command; for a tool that changes files, these files, whatever the change; for any other tool,
    exactly this input.
    """

    tool: str
    what: str
    covers: str


def request_of(tool: str, given: Any, cwd: str) -> Request:
    """The call as a request.

    >>> request_of("Bash", {"command": "pip install x", "description": "Install"}, "/ws")
    Request(tool='Bash', what='pip install x', covers='pip install x')
    >>> request_of("Edit", {"file_path": "/ws/a.py", "old_string": "1", "new_string": "2"}, "/ws").covers
    'changes of a.py'
    """
    arguments = given if isinstance(given, Mapping) else {"input": given}
    paths = written(tool, arguments, cwd)
    if paths:
        what = "\n".join(_as_diff(arguments, paths[0]))
    elif isinstance(arguments.get("command"), str):
        what = arguments["command"]
    else:
        what = "\n".join(f"{key}: {_text(value)}" for key, value in arguments.items())
    covers = f"changes of {', '.join(paths)}" if paths else what
    if len(what) > LIMIT:
        what = f"{what[:LIMIT]}\n… {len(what) - LIMIT:,} more characters"
    return Request(tool, what, covers if len(covers) <= LIMIT else "")


def written(tool: str, given: Any, cwd: str) -> list[str]:
    """The files that the call writes to: relative to the work tree, or absolute where they are outside of it."""
    arguments = given if isinstance(given, Mapping) else {}
    named = [str(arguments[key]) for key in PATH_KEYS if arguments.get(key)] if tool not in READERS else []
    if tool == "apply_patch":
        lines = str(arguments.get("command", "")).splitlines()
        named += [line.removeprefix(head).strip() for line in lines for head in PATCH_HEADS if line.startswith(head)]
    places = (posixpath.normpath(posixpath.join(cwd, path)) for path in named)
    return [place.removeprefix(f"{TREE}/") for place in places]


def _as_diff(given: Mapping[str, Any], path: str) -> Iterator[str]:
    """The change as lines: a patch as it is, else what goes and what comes."""
    if isinstance(given.get("command"), str):
        yield from given["command"].splitlines()
        return
    yield from (f"--- {path}", f"+++ {path}")
    several = given.get("edits")
    for edit in several if isinstance(several, list) else [given]:
        change: Mapping[str, Any] = edit if isinstance(edit, Mapping) else {}
        old = _text(change.get("old_string", ""))
        new = _text(change.get("new_string", change.get("content", change.get("new_source", ""))))
        yield from list(difflib.unified_diff(old.splitlines(), new.splitlines(), lineterm=""))[2:]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
