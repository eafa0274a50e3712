"""The sidebar, one file per panel: a module here with a `PANEL` is shown."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from agentmux.ui.panels.panel import Panel


def panels() -> list[Panel]:
    """Every panel of this folder, in the order in which they stand."""
    modules = [import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__)]
    return sorted((m.PANEL for m in modules if hasattr(m, "PANEL")), key=lambda panel: panel.order)
