"""One file per room tool; a file put here is a tool, and no list names it."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from agentmux.service.tools.base import Tool


@cache
def tools() -> dict[str, Tool[Any]]:
    """Every tool by name, in alphabetical order."""
    names = sorted(module.name for module in iter_modules(__path__) if module.name != "base")
    return {name: import_module(f"{__name__}.{name}").TOOL for name in names}
