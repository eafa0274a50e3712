"""One file per metric; a module here with a `METRIC` is one, and no list names it."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from agentmux.score.metric import CHAPTERS, Metric


@cache
def metrics() -> dict[str, Metric]:
    """Every metric by name: by chapter, and in alphabetical order."""
    found = [import_module(f"{__name__}.{module.name}").METRIC for module in iter_modules(__path__)]
    return {one.name: one for one in sorted(found, key=lambda one: (CHAPTERS.index(one.chapter), one.name))}
