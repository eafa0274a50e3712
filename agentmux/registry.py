"""What there is by name: profiles and layouts, shipped ones and the user's own, found by listing folders."""

from __future__ import annotations

from pathlib import Path

from agentmux import yamlfile
from agentmux.config import Layout, Profile, Settings
from agentmux.errors import UnknownName
from agentmux.paths import config_home, shipped


def profiles() -> dict[str, Path]:
    """The file of every profile by name; the user's own replace shipped ones of the same name."""
    return _listing("agents")


def layouts() -> dict[str, Path]:
    """The file of every layout by name; the user's own replace shipped ones of the same name."""
    return _listing("layouts")


def profile(name: str) -> Profile:
    """The profile of that name; raises UnknownName or ConfigError."""
    return yamlfile.load(_one("profile", name, profiles()), Profile)


def layout(name: str) -> Layout:
    """The layout of that name, or in the YAML file of that path; raises UnknownName or ConfigError."""
    path = Path(name) if name.endswith((".yaml", ".yml")) else _one("layout", name, layouts())
    return yamlfile.load(path, Layout)


def settings() -> Settings:
    """The user's settings; the defaults where no file exists. Raises ConfigError."""
    path = config_home() / "config.yaml"
    return yamlfile.load(path, Settings) if path.exists() else Settings()


def _one(kind: str, name: str, known: dict[str, Path]) -> Path:
    if name not in known:
        raise UnknownName(kind, name, known)
    return known[name]


def _listing(folder: str) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for base in (shipped(folder), config_home() / folder):
        found |= {path.stem: path for path in sorted(base.glob("*.yaml"))}
    return found
