"""aider for a sandbox: it runs the commands that its model suggests, and keeps its files out of the work tree.

usage: aider_boxed.py [aider's own arguments]

aider asks before each command even with `--yes-always`, and its cache of the repository lies in the repository. It has
no settings for either. Runs with aider's own Python.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from aider.io import InputOutput
from aider.main import main
from aider.repomap import RepoMap

ask = InputOutput.confirm_ask


def confirm_ask(io: InputOutput, *args: Any, **kwargs: Any) -> bool:
    """Aider's question, answered like all others where `--yes-always` is set."""
    return bool(ask(io, *args, **{**kwargs, "explicit_yes_required": False}))


if __name__ == "__main__":
    InputOutput.confirm_ask = confirm_ask
    RepoMap.TAGS_CACHE_DIR = str(Path.home() / ".aider" / "tags")
    sys.exit(main())
