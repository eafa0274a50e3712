"""A small app with one pane, for tests that look at it through a real terminal: `pane_app.py SOCKET PANE CAST`.

It types from the start. In COMMAND mode `q` quits, `i` types again, and `t` runs a shell command outside for a moment.
"""

import subprocess
import sys
from pathlib import Path
from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import BindingType

import agentmux.ui  # noqa: F401  sets what Textual reads when imported
from agentmux.terminal.control import ControlClient
from agentmux.ui.driver import ResumedTyping, tap_driver
from agentmux.ui.widgets.pane import PaneView
from agentmux.watch import FileWatch


class PaneApp(App[None], inherit_bindings=False):
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [("q", "quit", "quit"), ("i", "type", "type"), ("t", "outside", "outside")]

    def compose(self) -> ComposeResult:
        yield PaneView()

    async def on_mount(self) -> None:
        socket, pane, cast = sys.argv[1:]
        self.watch_files = FileWatch()
        self.client = await ControlClient.connect(Path(socket))
        self.view = self.query_one(PaneView)
        self.view.attach(self.client, self.watch_files, pane, Path(cast))
        self.view.typing = True

    async def on_unmount(self) -> None:
        self.watch_files.close()
        await self.client.close()

    def on_left_typing(self) -> None:
        self.view.typing = False
        self.say("command")

    def on_resumed_typing(self, _: ResumedTyping) -> None:
        self.view.typing = True

    def action_type(self) -> None:
        self.view.typing = True
        self.say("typing")

    def action_outside(self) -> None:
        with self.suspend():
            subprocess.run(["sh", "-c", "echo outside; read line; echo got $line"], check=False)
        self.say("back")

    def say(self, mode: str) -> None:
        """Tell the test by the terminal's title."""
        assert self._driver
        self._driver.write(f"\x1b]2;mode:{mode}\x07")


if __name__ == "__main__":
    PaneApp(driver_class=tap_driver("ctrl+]")).run()
