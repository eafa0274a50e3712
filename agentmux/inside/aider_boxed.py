"""aider for a sandbox: runs what its model suggests, downloads no prices, and keeps its files out of the work tree.

usage: aider_boxed.py [aider's own arguments]

aider asks before each command even with `--yes-always`, fetches a list of prices when it starts, and its cache of the
repository lies in the repository; it has no settings for these. Runs with aider's own Python.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any


def main() -> int:
    """Be aider, and return its exit status."""
    from aider import main as aider
    from aider.io import InputOutput
    from aider.models import ModelInfoManager
    from aider.repomap import RepoMap

    ask = InputOutput.confirm_ask

    def confirm_ask(io: InputOutput, *args: Any, **kwargs: Any) -> Any:
        """A question like all others, which `--yes-always` answers."""
        return ask(io, *args, **{**kwargs, "explicit_yes_required": False})

    InputOutput.confirm_ask = confirm_ask
    ModelInfoManager._update_cache = lambda _: None  # litellm has brought a list
    RepoMap.TAGS_CACHE_DIR = str(Path.home() / ".aider" / "tags")
    return aider.main() or 0


if __name__ == "__main__":
    sys.exit(main())
