"""usage: native [--resume] [--system FILE] [TASK]"""  # noqa: D415

from __future__ import annotations

import sys
from pathlib import Path

# Run as a folder: what lies beside it is found as what it is called there.
sys.path[0] = str(Path(__file__).resolve().parent.parent)

from native.start import main  # noqa: E402

if __name__ == "__main__":
    main(sys.argv[1:])
