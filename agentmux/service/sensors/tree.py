"""Watches a folder that an agent writes to, and all folders in it: by inotify where there is one."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable

__all__ = ["Report", "watch_tree"]

Report = Callable[[set[bytes], bool], Awaitable[None]]
"""Takes the names that changed, relative to the tree, and whether anything else may have changed as well."""

if sys.platform == "linux":
    from agentmux.service.sensors.tree_inotify import watch_tree
else:
    from agentmux.service.sensors.tree_watchfiles import watch_tree
