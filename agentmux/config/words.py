"""What may stand in a value: names, paths, places, numbers; each type says what is wrong in a sentence."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

AGENT_NAME_LIMIT = 16
AGENT_NAME = re.compile(rf"[a-z][a-z0-9-]{{0,{AGENT_NAME_LIMIT - 1}}}")
RESERVED_NAMES = {"you", "room", "all", "checks", "candidate"}
ENV_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
COUNT = re.compile(r"(\d{1,12}(?:\.\d{1,6})?)\s*([kM]?)")
SECONDS = re.compile(r"(\d+(?:\.\d+)?)\s*([smh]?)")
FILE_PATH = re.compile(r"(?:~|/etc/[\w-]+)(?:/(?!\.{1,2}(?:/|$))[\w.-]+)+")
PLACE = re.compile(r"\.?[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[0-9]{1,5})?")
KEY_HEADER = re.compile(r"[\w-]+: [^\r\n{}]*\{key\}")


def _agent_name(name: str) -> str:
    if not AGENT_NAME.fullmatch(name):
        raise ValueError("must be a lower-case letter, then up to 15 letters, digits or '-'")
    if name in RESERVED_NAMES:
        raise ValueError(f"'{name}' is taken; other names are free")
    return name


def _duration(text: object) -> float:
    match = SECONDS.fullmatch(str(text).strip()) if isinstance(text, int | float | str) else None
    if not match or float(match[1]) == 0:
        raise ValueError("must be a number of seconds above 0, or like '90s', '15m', '2h'")
    return float(match[1]) * {"s": 1, "m": 60, "h": 3600}[match[2] or "s"]


def count(text: str) -> int:
    """A number that may be written like 500k or 2M; raises ValueError."""
    match = COUNT.fullmatch(text.strip())
    if not match:
        raise ValueError(f"'{text}' is no number")
    return round(float(match[1]) * {"": 1, "k": 1000, "M": 1_000_000}[match[2]])


def _count(text: object) -> int:
    try:
        number = count(str(text))
    except ValueError:
        number = 0
    if number < 1:
        raise ValueError("must be a whole number above 0, or like '500k', '2M'")
    return number


def _env_name(name: str) -> str:
    if not ENV_NAME.fullmatch(name):
        raise ValueError(f"'{name}' is no name of an environment variable")
    return name


def _rule(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as err:
        raise ValueError(f"'{pattern}' is no regular expression: {err}") from err
    return pattern


def _file_path(path: str) -> str:
    if not FILE_PATH.fullmatch(path):
        raise ValueError(f"'{path}' must be like ~/.tool/settings.json or /etc/tool/settings.json")
    return path


def _home_path(path: str) -> str:
    if not path.startswith("~/"):
        raise ValueError(f"'{path}' must be like ~/.tool/auth.json")
    return path


def _key_header(header: str) -> str:
    if not KEY_HEADER.fullmatch(header):
        raise ValueError(f"'{header}' must be like 'x-api-key: {{key}}' or 'Authorization: Bearer {{key}}'")
    return header


def inside_path(path: str) -> str:
    """The path, if it can be one in the repository; raises ValueError."""
    parts = path.split("/")
    if path.startswith(("/", "~", "-")) or ".." in parts or ".git" in parts or not path.isprintable() or not path:
        raise ValueError(f"'{path}' must be a path in the repository, like docker/Dockerfile")
    return path


def _command(command: str) -> str:
    if not command.strip() or "\0" in command:
        raise ValueError("must be a command for the shell")
    return command


def _place(place: str) -> str:
    if not PLACE.fullmatch(place):
        raise ValueError(f"'{place}' must be like example.org, .example.org or example.org:8080")
    return place


AgentName = Annotated[str, AfterValidator(_agent_name)]
PlaceholderName = Annotated[str, Field(pattern=r"^[a-z][a-z_]*$")]
FeatureName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]
EnvName = Annotated[str, AfterValidator(_env_name)]
ScreenRule = Annotated[str, AfterValidator(_rule)]
FilePath = Annotated[str, AfterValidator(_file_path)]
HomePath = Annotated[FilePath, AfterValidator(_home_path)]
KeyHeader = Annotated[str, AfterValidator(_key_header)]
Place = Annotated[str, AfterValidator(_place)]
InsidePath = Annotated[str, AfterValidator(inside_path)]
"""A path, or a pattern of paths, from the top of the repository."""
ShellCommand = Annotated[str, AfterValidator(_command)]
Duration = Annotated[float, BeforeValidator(_duration)]
"""Seconds; in YAML also '90s', '15m' or '2h'."""
Count = Annotated[int, BeforeValidator(_count)]
"""A number of things; in YAML also '500k' or '2M'."""


class Strict(BaseModel):
    """The base of everything that users write: a key that means nothing is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, serialize_by_alias=True, defer_build=True)
