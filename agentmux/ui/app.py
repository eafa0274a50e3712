"""The viewer: it shows a session from its log and sends what the human does to the room. It may die at any moment."""

from __future__ import annotations

import asyncio
import gc
import os
import subprocess
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, ClassVar, Literal, Protocol

from textual.app import App
from textual.driver import Driver
from textual.message import Message

from agentmux import registry
from agentmux.config import Settings
from agentmux.errors import AgentmuxError, SessionError
from agentmux.paths import SessionPaths
from agentmux.room.commands import Command, Hold, Merge, Stop, Unhold
from agentmux.room.events import AgentStarted, PaneReleased, Recorded, RoomStarted, SessionFailed
from agentmux.room.state import State
from agentmux.service.client import Answer, RoomClient
from agentmux.service.session import load
from agentmux.terminal.client import take_over_argv
from agentmux.terminal.control import ControlClient
from agentmux.ui import theme
from agentmux.ui.driver import Asked, tap, tap_driver
from agentmux.ui.errands import Errands, errands_of
from agentmux.ui.follow import Follower
from agentmux.ui.format import clean
from agentmux.ui.look import Lost
from agentmux.ui.needs import needs
from agentmux.ui.notify import SAID, Notice, notice, notice_of, said
from agentmux.ui.palette import Actions
from agentmux.ui.screens.dialog import Dialog
from agentmux.ui.screens.room import RoomScreen
from agentmux.ui.widgets.live import LivePane
from agentmux.ui.widgets.pane import PaneView
from agentmux.watch import FileWatch, watch_process

Then = Callable[[Answer], object]
Connect = Callable[[Path, Callable[[], None]], Awaitable[ControlClient]]


class Sender(Protocol):
    """What carries commands to the room (`RoomClient`)."""

    async def send(self, command: Command) -> Answer:
        """The room's answer; raises SessionError if it cannot be reached."""

    def prepare(self) -> None:
        """Load what the first command needs; called in a thread."""


class Seen(Message):
    """Goes the way of a key, from what has the focus up to the app, right behind it."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


Left = Literal["detached", "stopped"]
"""How the human left."""


class AgentmuxApp(App[Left], inherit_bindings=False):
    """One viewer of one session.

    Args:
        paths: the session's folder.
        settings: the user's.
        errands: what needs the layers that the app does not know.
        sender: carries commands to the room.
        connect: makes the line to the session's tmux server.
        pane_view: makes the view of an agent's terminal.
        now: Unix seconds; tests give their own.
        driver_class: reads the keyboard.
    """

    CSS_PATH = "app.tcss"
    TITLE = "agentmux"
    ENABLE_COMMAND_PALETTE = False
    COMMANDS: ClassVar[set[Any]] = {Actions}
    screen_class: ClassVar[type[RoomScreen]] = RoomScreen

    def __init__(
        self,
        paths: SessionPaths,
        settings: Settings,
        errands: Errands,
        *,
        sender: Sender | None = None,
        connect: Connect = ControlClient.connect,
        pane_view: Callable[[str], PaneView] = LivePane,
        now: Callable[[], float] = time.time,
        driver_class: type[Driver] | None = None,
    ) -> None:
        # The panes' colours are the terminal's own: they must not change when a dialog lies over a pane.
        super().__init__(driver_class=driver_class, ansi_color=True)
        self.paths = paths
        self.settings = settings
        self.errands = errands
        self.pane_view = pane_view
        self.now = now
        self.failure: SessionFailed | None = None
        self.control: ControlClient | None = None
        self._sender = sender or RoomClient(paths)
        self._connect = connect
        self._shown_panes: dict[str, str] = {}
        self._held = ""
        self._needs: set[str] = set()
        self._turn = asyncio.Lock()
        self._connecting = asyncio.Lock()
        self._room_lost = ""
        self._tmux_lost = ""
        self._stop_watching_room: Callable[[], None] = lambda: None
        for own in theme.THEMES:
            self.register_theme(own)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """The colours that the app adds, for themes that are not its own."""
        return theme.DEFAULTS

    # -- following --------------------------------------------------------------------------------------------------

    def on_mount(self) -> None:
        """Show the session, and begin to follow its log."""
        self.watch_files = FileWatch()
        self.follower = Follower(self.paths.log, self.watch_files, self.told)
        self.screen_of_room = self.screen_class(self)
        self.wear(self.settings.theme)
        self.push_screen(self.screen_of_room)
        self.run_worker(self.follower.run(), name="follow")
        self.set_interval(1.0, self._tick)

    async def on_unmount(self) -> None:
        """Let go of the files and of tmux."""
        self._stop_watching_room()
        self.watch_files.close()
        if self.control:
            await self.control.close()

    @property
    def state(self) -> State:
        """The session as the log tells it."""
        return self.follower.state

    def told(self, events: list[Recorded]) -> None:
        """New events are in the state: show them, and say what is worth saying."""
        opening = self.state.seq == events[-1].seq and events[0].seq == 1
        for recorded in events:
            if isinstance(recorded.event, SessionFailed):
                self.failure = recorded.event
            elif isinstance(recorded.event, RoomStarted):
                self._room_lost = ""
            elif isinstance(recorded.event, AgentStarted):
                self._tmux_lost = ""
                self._shown_panes.pop(recorded.event.agent, None)
            elif isinstance(recorded.event, PaneReleased) and recorded.event.agent == self._held:
                self._hold()  # by another viewer, while somebody types in this one as well
            if not opening and (found := notice(recorded)):
                self.tell(found)
        self._tell_needs(silent=opening)
        if any(isinstance(recorded.event, RoomStarted) for recorded in events):
            self._watch_room()
        self.screen_of_room.redraw()
        self._retitle()
        self._attach_panes()
        if opening:
            self.call_after_refresh(self._started)

    def _started(self) -> None:
        """The first picture is there: get ready for the first key."""
        self.run_worker(self._sender.prepare, thread=True, group="commands")
        if not self.is_headless:
            gc.freeze()  # what is there now stays: a collector that walks through all of it holds up keys

    def _tell_needs(self, *, silent: bool) -> None:
        """Tell what waits for the human from now on; a notice of what waits no longer is taken away."""
        waiting = {need.key: need for need in needs(self.state)}
        for key in self._needs - waiting.keys():
            self.screen_of_room.notices.settle(key)
            if isinstance(self.screen, Dialog) and self.screen.about == key:
                self.screen.dismiss(None)
        for key in waiting.keys() - self._needs:
            if not (silent or self.screen_of_room.in_view(waiting[key])):
                self.tell(notice_of(waiting[key]))
        self._needs = set(waiting)

    def _watch_room(self) -> None:
        self._stop_watching_room()
        if self.state.room_pid and not self.state.stopped:
            self._stop_watching_room = watch_process(self.state.room_pid, self._room_ended)

    def _room_ended(self) -> None:
        self._stop_watching_room = lambda: None
        if not self.state.failed:
            self._lose_room("The room of this session has ended: the agents go on, but nothing is logged or delivered.")

    def _tick(self) -> None:
        if not self.state.stopped and self.is_running:
            self.screen_of_room.redraw()

    def _retitle(self) -> None:
        waiting = len(needs(self.state))
        title = f"{f'! {waiting} ' if waiting else ''}agentmux {clean(self.state.session)}"
        if title != self.title and self._driver and not self.is_headless:
            self._driver.write(f"\x1b]2;{title}\x07")
        self.title = title

    # -- commands ---------------------------------------------------------------------------------------------------

    def submit(self, command: Command, done: Then | None = None, refused: Then | None = None) -> None:
        """Send a command to the room.

        Args:
            command: the wish.
            done: called with the answer when the room did it.
            refused: called instead of telling the user when it refused.
        """
        self.run_worker(self._submit(command, done, refused), group="commands")

    async def _submit(self, command: Command, done: Then | None, refused: Then | None) -> None:
        try:
            if isinstance(command, Merge | Stop):
                answer = await self._sender.send(command)
            else:
                async with self._turn:  # in the order of the keys; only what takes long goes beside it
                    answer = await self._sender.send(command)
        except SessionError as error:
            self._lose_room(error.message)
            return
        if answer.ok:
            if done:
                done(answer)
        elif refused:
            refused(answer)
        else:
            self.say(f"{answer.refused} {answer.hint}".strip())

    def say(self, text: str) -> None:
        """Tell the user why something was not done."""
        self.tell(said(text))

    def tell(self, what: Notice) -> None:
        """Show a notice, with a bell where it wants one."""
        self.screen_of_room.notices.tell(what)
        self.screen_of_room.redraw()
        if what.bell and self.settings.bell:
            self.bell()

    # -- what can be lost -------------------------------------------------------------------------------------------

    def lost(self) -> tuple[Lost, ...]:
        """What cannot be reached at the moment."""
        if self.state.stopped:
            return ()
        keys = (self._room_lost, "U start again"), (self._tmux_lost, "u start an agent again")
        return tuple(Lost(text, again) for text, again in keys if text)

    def _lose_room(self, text: str) -> None:
        self._room_lost = text
        self.screen_of_room.redraw()

    def revive(self) -> None:
        """Start what was lost again."""
        if self.lost():
            self.tell(said("Starting the room again …", "information"))
            self.run_worker(self._revive, thread=True, exclusive=True, group="revive", exit_on_error=False)

    def _revive(self) -> None:
        try:
            self.errands.revive()
        except AgentmuxError as error:
            self.call_from_thread(self._lose_room, str(error))
        else:
            self.call_from_thread(self._revived)

    def _revived(self) -> None:
        self._room_lost = self._tmux_lost = ""
        self.screen_of_room.notices.settle(SAID)
        self._attach_panes()
        self.screen_of_room.redraw()

    # -- panes ------------------------------------------------------------------------------------------------------

    def _attach_panes(self) -> None:
        if any(agent.pane for agent in self.state.agents.values()) and not self._tmux_lost:
            self.run_worker(self._connect_panes(), group="attach")

    async def _connect_panes(self) -> None:
        async with self._connecting:  # one after the other: a connection that is cut off half-way leaves its client
            await self._connect_all()

    async def _connect_all(self) -> None:
        if self.control is None:
            try:
                self.control = await self._connect(self.paths.tmux_sock, self._tmux_ended)
            except AgentmuxError as error:
                self._tmux_lost = error.message
                self.screen_of_room.redraw()
                return
        for agent in [*self.state.agents.values()]:
            if not agent.pane or self._shown_panes.get(agent.name) == agent.pane:
                continue
            # A server that was started again counts its panes anew: the number may be another agent's now.
            owner = await self.control.ask(f"display-message -p -t {agent.pane} '#{{@agent}}'")
            if owner[0].ok and owner[0].lines == [agent.name.encode()]:
                self._shown_panes[agent.name] = agent.pane
                view = self.screen_of_room.view(agent.name)
                view.attach(self.control, self.watch_files, agent.pane, self.paths.cast(agent.name))

    def _tmux_ended(self) -> None:
        # TYPING goes on until the leader: what is being typed for an agent must not begin to act as commands.
        self.control = None
        self._shown_panes.clear()
        self._tmux_lost = "The tmux server of this session is gone, and the agents with it."
        self.screen_of_room.redraw()

    def on_left_typing(self) -> None:
        """The leader: the keys are the app's again."""
        self.screen_of_room.stop_typing()

    def on_resumed_typing(self) -> None:
        """The leader twice: the keys go on to the pane."""
        self.screen_of_room.action_pane_type()

    def on_asked(self, event: Asked) -> None:
        """A key that may start TYPING went to what has the focus: say when everybody there has seen it."""
        (self.focused or self.screen).post_message(Seen(event.number))

    def on_seen(self, event: Seen) -> None:
        """The key has come all the way up."""
        if driver := tap(self):
            driver.settled(event.number)

    def hold(self, agent: str) -> None:
        """The human has begun to type into the pane."""
        self._held = agent
        self._hold()

    def _hold(self) -> None:
        # Refused where another viewer holds it already: then it is safe from the room, too.
        self.submit(Hold(agent=self._held, how="typing", viewer=os.getpid()), refused=lambda _: None)

    def unhold(self) -> None:
        """The human types no more; what another viewer holds stays held."""
        if self._held:
            self.submit(Unhold(agent=self._held, viewer=os.getpid()), refused=lambda _: None)
            self._held = ""

    def take_over_argv(self, pane: str) -> list[str]:
        """The command that shows the pane in real tmux."""
        return take_over_argv(self.paths.tmux_sock, pane, self.settings.leader)

    async def run_outside(self, argv: Callable[[], list[str]], greeting: str = "") -> None:
        """Give the terminal to another program until it ends; the greeting stands above what it prints.

        The event loop stands still meanwhile, on purpose: a timer that painted would write over the other program.
        """
        try:
            command = await asyncio.to_thread(argv)
            with self.suspend():
                if greeting:
                    print(greeting, flush=True)
                subprocess.run(command, check=False)  # noqa: ASYNC221
        except AgentmuxError as error:
            self.say(str(error))
        except OSError as error:
            self.say(f"{command[0]} could not be started: {error.strerror}.")

    # -- themes -----------------------------------------------------------------------------------------------------

    def wear(self, name: str) -> None:
        """Switch to a theme; one that does not exist is said, not obeyed."""
        if name in self.available_themes:
            self.theme = name
        else:
            self.say(f"There is no theme '{name}'. The palette lists them all.")

    def action_wear(self, name: str) -> None:
        """The palette's switch to a theme."""
        self.wear(name)


def run(paths: SessionPaths) -> Left | None:
    """Show a session until the human leaves.

    Raises:
        ConfigError: the user's settings are wrong.
        SessionError: there is no such session.
    """
    settings = registry.settings()
    errands = errands_of(paths, load(paths))
    return AgentmuxApp(paths, settings, errands, driver_class=tap_driver(settings.leader)).run()
