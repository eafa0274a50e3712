"""Make docs/picture.svg, the README's picture: a real demo session at the moment when two agents want one file.

Run it with the project's Python: .venv/bin/python scripts/picture.py
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pexpect

PICTURE = Path(__file__).parent.parent / "docs" / "picture.svg"
SIZE = (160, 45)
MOMENT_SECONDS = 60.0


async def photograph() -> str:
    """Watch the newest session until a claim is contested and its panes are drawn; the screen as SVG."""
    from agentmux import registry
    from agentmux.service.session import find, load
    from agentmux.ui.app import AgentmuxApp
    from agentmux.ui.errands import errands_of

    paths = find(None)
    app = AgentmuxApp(paths, registry.settings(), errands_of(paths, load(paths)))
    async with asyncio.timeout(MOMENT_SECONDS), app.run_test(size=SIZE) as pilot:
        while not app.state.rulings:
            await pilot.pause(0.05)
        await pilot.pause(1.0)
        app.clear_notifications()
        await pilot.pause()
        return app.export_screenshot(title="agentmux")


def main() -> None:
    """Start the demo in a home and a terminal of its own, photograph it, and stop it."""
    with tempfile.TemporaryDirectory(prefix="amx", dir="/tmp") as home:
        os.environ |= {"AGENTMUX_HOME": home, "AGENTMUX_CONFIG": f"{home}/config"}
        demo = pexpect.spawn(sys.executable, ["-m", "agentmux", "demo"], dimensions=SIZE[::-1])
        try:
            demo.expect("COMMAND", timeout=MOMENT_SECONDS)
            PICTURE.write_text(asyncio.run(photograph()), encoding="utf-8")
        finally:
            subprocess.run([sys.executable, "-m", "agentmux", "stop"], check=False)
            demo.close(force=True)
    print(PICTURE)


main()
