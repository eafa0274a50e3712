#!/usr/bin/env python3
"""The `room` command: any of the room's tools from a shell, or from Python by `call`.

    room                              the tools
    room TOOL --help                  what one does, and its arguments
    room TOOL key=value ...           call it
    room TOOL key=value ... --json    the same, printing the whole reply as JSON
    room hook                         for an agent's hooks: pass standard input to the room, print its answer; it
                                      may take until the human has answered, the CLI ends it when it has waited enough

A list takes its items separated by commas, by repeating the key, or as JSON: paths=a.py,b.py or paths=a.py paths=b.py.
Exit status: 0 done, 1 refused, 2 called wrongly, 3 the room cannot be reached. A hook's is always 0: without the room
an agent goes on as if it had none.

It speaks MCP's streamable HTTP over the unix socket AGENTMUX_SOCKET. The room keeps no MCP sessions, so that a call
needs no handshake before it.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import socket
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn, TextIO

PROTOCOL = "2025-11-25"
"""The version of MCP that is spoken; the last one whose requests carry no envelope of their own."""
TIMEOUT = 90.0
"""Seconds for an answer; `inbox` alone may take 60."""
REFUSED, USAGE, UNREACHABLE = 1, 2, 3
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""What a teammate's text could use to play with the terminal; tabs and line ends stay."""


class Refused(Exception):
    """The room said no: the sentence, what to do instead (`hint`), and the whole `reply`, unread messages included."""

    def __init__(self, sentence: str, reply: Mapping[str, Any] | None = None) -> None:
        super().__init__(sentence)
        self.reply = dict(reply or {})
        self.hint = str(self.reply.get("hint", ""))


class Unreachable(OSError):
    """Nobody answers at the room's socket."""


def call(tool: str, **arguments: Any) -> dict[str, Any]:
    """Call one of the room's tools and return its reply; messages that came in meanwhile are its `unread`.

    Raises:
        Refused: the room said no.
        Unreachable: the room does not run, or did not answer in time.
    """
    return _reply(_request("tools/call", name=tool, arguments=arguments))


def answer(tool: str, /, **arguments: Any) -> str:
    """Call one of the room's tools and return what an agent reads of it: its text or refusal, then its mail.

    Raises like `call`; a refusal by the tool itself is a text.
    """
    return _text(_request("tools/call", name=tool, arguments=arguments))


def hook(told: Mapping[str, Any]) -> dict[str, Any]:
    """Tell the room what an agent's hook is told, and return its answer; an empty one where there is no room."""
    try:
        status, answered = _post("/hook", json.dumps(told).encode())
    except Unreachable:
        return {}
    reply: dict[str, Any] = json.loads(answered) if status == http.client.OK else {}
    return reply


def tools() -> list[dict[str, Any]]:
    """What the room can do: name, description and inputSchema (JSON schema) of each tool. Raises like `call`."""
    listed: list[dict[str, Any]] = _request("tools/list")["tools"]
    return listed


def _reply(result: Mapping[str, Any]) -> dict[str, Any]:
    reply: dict[str, Any] = result.get("structuredContent") or {}
    if result.get("isError"):
        raise Refused(str(reply.get("refused") or _text(result)), reply)
    return reply


def _text(result: Mapping[str, Any]) -> str:
    return "\n".join(part["text"] for part in result["content"] if part["type"] == "text")


# -- HTTP over a unix socket --------------------------------------------------------------------------------------


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: str, timeout: float | None) -> None:
        super().__init__("localhost", timeout=timeout)
        self.path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def _request(method: str, **params: Any) -> dict[str, Any]:
    """The result of one JSON-RPC request."""
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
    return _result(*_post("/mcp", body.encode()))


def _post(path: str, body: bytes, timeout: float | None = TIMEOUT) -> tuple[int, bytes]:
    """Status and body of the room's answer; raises Unreachable. Without a timeout it waits until someone ends it."""
    place = _env("AGENTMUX_SOCKET")
    token = _token()
    connection = _Connection(place, timeout)
    try:
        headers = {
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json",
            "Accept": "application/json, text/event-stream",
            "MCP-Protocol-Version": PROTOCOL,
        }
        connection.request("POST", path, body, headers)
        response = connection.getresponse()
        return response.status, response.read()
    except (OSError, http.client.HTTPException) as error:
        raise Unreachable(f"The room does not answer at {place}: {error}.") from error
    finally:
        connection.close()


def _result(status: int, answer: bytes) -> dict[str, Any]:
    try:
        message = json.loads(answer)
    except ValueError:
        raise Refused(f"The room answered with HTTP status {status}: {answer[:200].decode(errors='replace')}") from None
    error = message.get("error")
    if error:
        raise Refused(str(error["message"] if isinstance(error, dict) else error))
    result: dict[str, Any] = message["result"]
    return result


def _env(name: str) -> str:
    value = os.environ.get(name)
    if not value:
        raise Unreachable(f"{name} is not set: this works only for the agents of an agentmux session.")
    return value


def _token() -> str:
    file = Path(_env("AGENTMUX_TOKEN_FILE"))
    try:
        return file.read_text(encoding="ascii").strip()
    except (OSError, ValueError) as error:
        raise Unreachable(f"The token in {file} cannot be read: {error}.") from error


# -- the command line ---------------------------------------------------------------------------------------------


class _Usage(Exception):
    """The command line makes no sense; the sentence says why."""


def main(argv: Sequence[str]) -> int:
    """Do what the command line says, and return the exit status."""
    words = [word.encode("utf-8", "surrogateescape").decode("utf-8", "replace") for word in argv]
    if words == ["hook"]:
        return _hook()
    as_json = "--json" in words
    words = [word for word in words if word != "--json"]
    try:
        known = tools()
        if not words or words[0] in ("--help", "-h", "help"):
            _print(_overview(known))
            return 0
        tool = _find(known, words[0])
        if "--help" in words or "-h" in words:
            _print(_help(tool))
            return 0
        result = _request("tools/call", name=tool["name"], arguments=_arguments(tool, words[1:]))
    except _Usage as error:
        return _fail(error, USAGE)
    except Refused as error:
        return _fail(error, REFUSED)
    except Unreachable as error:
        return _fail(error, UNREACHABLE)
    refused = bool(result.get("isError"))
    if as_json:
        _print(json.dumps(result.get("structuredContent"), indent=2))
    if refused or not as_json:
        _print(_text(result), sys.stderr if refused else sys.stdout)
    return REFUSED if refused else 0


def _hook() -> int:
    try:
        status, answer = _post("/hook", sys.stdin.buffer.read(), None)
    except Unreachable:
        return 0
    if status == http.client.OK:
        sys.stdout.write(answer.decode())
    return 0


def _find(known: Iterable[dict[str, Any]], name: str) -> dict[str, Any]:
    by_name = {tool["name"]: tool for tool in known}
    if name not in by_name:
        raise _Usage(f"The room has no tool '{name}'. It has: {', '.join(by_name)}.")
    return by_name[name]


def _arguments(tool: Mapping[str, Any], words: Iterable[str]) -> dict[str, Any]:
    """The tool's arguments from `key=value` words, each value read as its schema's type asks."""
    fields: dict[str, Any] = tool["inputSchema"].get("properties", {})
    arguments: dict[str, Any] = {}
    for word in words:
        key, equals, text = word.partition("=")
        if not equals:
            raise _Usage(f"'{word}' is not of the form key=value. `room {tool['name']} --help` tells the keys.")
        if key not in fields:
            known = ", ".join(fields) or "none"
            raise _Usage(f"`{tool['name']}` has no argument '{key}'. Its arguments: {known}.")
        types = _types(fields[key])
        if "array" in types:
            arguments[key] = arguments.get(key, []) + _items(text)
        elif key in arguments:
            raise _Usage(f"'{key}' is given twice, and takes one value.")
        else:
            arguments[key] = text if "string" in types else _json_or_text(text)
    return arguments


def _types(schema: Mapping[str, Any]) -> list[str]:
    """The types that a JSON schema allows, alternatives included."""
    return [schema.get("type", "")] + [kind for option in schema.get("anyOf", []) for kind in _types(option)]


def _items(text: str) -> list[Any]:
    listed = _json_or_text(text) if text.startswith("[") else None
    return listed if isinstance(listed, list) else [item for item in text.split(",") if item]


def _json_or_text(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _overview(known: Iterable[Mapping[str, Any]]) -> str:
    lines = [f"  {tool['name']:10}{tool['description'].partition('. ')[0].rstrip('.')}." for tool in known]
    return "\n".join(["usage: room TOOL key=value ... [--json]", "", *lines, "", "`room TOOL --help` tells more."])


def _help(tool: Mapping[str, Any]) -> str:
    schema = tool["inputSchema"]
    required = schema.get("required", [])
    lines = [
        f"  {key}={'|'.join(map(str, _choices(field)))}  {field.get('description', '')}"
        + (" (needed)" if key in required else "")
        for key, field in schema.get("properties", {}).items()
    ]
    return "\n".join(
        [f"usage: room {tool['name']} key=value ... [--json]", "", tool["description"], "", *lines]
    ).rstrip()


def _choices(schema: Mapping[str, Any]) -> list[str]:
    """What a value looks like: the words that it may be, or its types."""
    options = [schema, *schema.get("anyOf", [])]
    words = [word for option in options for word in option.get("enum", [])]
    return words or [kind.upper() for kind in _types(schema) if kind not in ("", "null")]


def _print(text: str, to: TextIO | None = None) -> None:
    print(CONTROL.sub("�", text), file=to or sys.stdout)


def _fail(why: Exception, status: int) -> int:
    _print(f"room: {why}", sys.stderr)
    return status


def _run() -> NoReturn:
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    sys.exit(main(sys.argv[1:]))


if __name__ == "__main__":
    _run()
