"""The main screen: panes, sidebar, composer and the lines around them; where the focus is and what is shown."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Horizontal
from textual.timer import Timer
from textual.widgets import Static

from agentmux.room.commands import Note, ReadInbox, Resize, Say
from agentmux.room.state import YOU
from agentmux.ui.compositor import RowCompositor
from agentmux.ui.keymap import bindings
from agentmux.ui.look import (
    COMPOSER,
    Look,
    alert_line,
    hints_line,
    look,
    status_line,
    tab_at,
    tabs_line,
    title_line,
    urgent,
)
from agentmux.ui.needs import Need
from agentmux.ui.panels import panels
from agentmux.ui.panels.panel import View
from agentmux.ui.screens.arrange import SMALLEST, Arrangement, arrange
from agentmux.ui.screens.deeds import Deeds
from agentmux.ui.screens.overlay import PanelOverlay
from agentmux.ui.widgets.agent_pane import AgentPane
from agentmux.ui.widgets.composer import Composer, Draft
from agentmux.ui.widgets.line import Line
from agentmux.ui.widgets.live import LivePane
from agentmux.ui.widgets.notices import Notices
from agentmux.ui.widgets.pane import PaneView
from agentmux.ui.widgets.panel_box import PanelBox
from agentmux.ui.widgets.progress import ProgressView

if TYPE_CHECKING:
    from agentmux.ui.app import AgentmuxApp


SETTLED = 0.3
"""Seconds without another resize after which a pane's size is told."""


class TabsLine(Line):
    """The agents as tabs; a click focuses one."""

    def on_click(self, event: events.Click) -> None:
        """Focus the agent under the pointer."""
        room = self.screen
        if isinstance(room, RoomScreen) and (agent := tab_at(room.look(), event.x, self.size.width)):
            room.focus_agent(agent)


class RoomScreen(Deeds):
    """Everything that is seen of a session."""

    BINDINGS: ClassVar[list[BindingType]] = bindings()
    AUTO_FOCUS = ""

    def __init__(self, app: AgentmuxApp) -> None:
        super().__init__()
        self._compositor = RowCompositor()
        self.room = app
        self.arrangement: Arrangement | None = None
        self._focused: str | None = None
        self._recent: list[str] = []
        self._zoomed = False
        self._place = ""
        self._writing = False
        self._panes: dict[str, AgentPane] = {}
        self._sizes: dict[str, tuple[int, int]] = {}
        self._resized: Timer | None = None
        self._panels = {panel.id: PanelBox(panel, self._view) for panel in panels()}
        self._seen = self._look_again()
        self._progress = ProgressView()
        self.notices = Notices(app.now)
        self._alert = Line(lambda width: alert_line(self.look(), width), id="alert")
        self._lines = [
            Line(lambda width: title_line(self.look(), width), id="title"),
            TabsLine(lambda width: tabs_line(self.look(), width), id="tabs"),
            self._alert,
            Line(lambda width: status_line(self.look(), width), id="status"),
            Line(lambda width: hints_line(self.look(), width), id="hints"),
        ]

    # -- what is on it ----------------------------------------------------------------------------------------------

    def compose(self) -> ComposeResult:
        """Lines above and below the body of panes and sidebar."""
        title, tabs, alert, status, hints = self._lines
        yield title
        yield tabs
        with Container(id="body"):
            yield Horizontal(id="panes")
            with Container(id="side"):
                yield from self._panels.values()
        yield self._progress
        yield alert
        yield Composer()
        yield self.notices
        yield status
        yield hints
        yield Static(
            f"agentmux needs {SMALLEST[0]}x{SMALLEST[1]} cells or more to show a session. The agents go on working.",
            id="small",
            markup=False,
        )

    def look(self) -> Look:
        """What was drawn last; `redraw` looks again."""
        return self._seen

    def _look_again(self) -> Look:
        return look(
            self.room.state,
            self.room.now(),
            focused=self._focused,
            typing=self.typing,
            visible=tuple(self._visible()),
            zoomed=self._zoomed,
            leader=self.room.settings.leader,
            place=COMPOSER if self._writing else self._place,
            lost=self.room.lost(),
        )

    def _view(self, width: int) -> View:
        return View(self.room.state, self.room.now(), width, self._focused)

    def redraw(self) -> None:
        """Bring everything up to the state and the clock; what did not change is not painted."""
        state = self.room.state
        if new := [name for name in state.agents if name not in self._panes]:
            self._mount_panes(new)
        self._seen = self._look_again()
        self.set_class(self._only_progress(), "-progress")
        if self._only_progress():
            self._progress.show_start(state, self.room.failure)
        for line in self._lines:
            if line.display:
                line.redraw()
        self.notices.redraw()
        self._alert.set_class(urgent(self._seen), "-urgent")
        self._alert.set_class(bool(self._seen.lost), "-lost")
        for box in self._panels.values():
            if box.display and self.arrangement and self.arrangement.side != "none":
                box.redraw()
        for pane in self._panes.values():
            if pane.display:
                pane.redraw()

    def _only_progress(self) -> bool:
        """Whether there is nothing to show yet but how the session comes up, or that it failed."""
        state = self.room.state
        return bool(state.failed) or not any(agent.pane for agent in state.agents.values())

    def _mount_panes(self, names: list[str]) -> None:
        added = {name: AgentPane(name, self.room.pane_view(name), self.look) for name in names}
        self._panes |= added
        self.query_one("#panes", Horizontal).mount_all(added.values())
        self._recent += names
        if self._focused is None:
            self._focused = names[0]
        self.call_after_refresh(self.rearrange)

    # -- how it is divided ------------------------------------------------------------------------------------------

    def on_resize(self) -> None:
        """Divide the screen anew."""
        self.rearrange()
        self.notices.place()

    def on_key(self) -> None:
        """Whoever acts decides how large the panes are, where several viewers look at them."""
        self.fit_panes()

    def fit_panes(self) -> None:
        """Give the panes on this screen its sizes again, where another viewer has changed them."""
        for pane in self._panes.values():
            if pane.display:
                pane.view.fit_again()

    def rearrange(self) -> None:
        """Divide the screen for its size, the number of agents and zoom."""
        new = arrange(self.size.width, self.size.height, len(self.room.state.agents), self._zoomed)
        self.arrangement = new
        self.set_class(new is None, "-small")
        if new is None:
            return
        self.set_class(self.size.width < 100, "-narrow")
        self.set_class(new.side == "right", "-right")
        self.set_class(new.side == "bottom", "-bottom")
        self.set_class(new.tabs, "-tabs")
        side = self.query_one("#side")
        side.styles.height = new.size if new.side == "bottom" else "1fr"
        side.styles.width = new.size if new.side == "right" else "1fr"
        for box in self._panels.values():
            share = f"{box.panel.share}fr"
            box.styles.width = share if new.side == "bottom" else "1fr"
            box.styles.height = share if new.side == "right" else "1fr"
        shown = self._visible()
        for pane in self._panes.values():
            pane.display = pane.agent in shown
            pane.set_class(new.framed, "-framed")
        self._hold_focus()
        self.redraw()

    def _visible(self) -> list[str]:
        """The agents whose panes are shown: the most recently focused ones, in the order of their numbers."""
        number = self.arrangement.panes if self.arrangement else 0
        kept = self._recent[:number]
        return [name for name in self.room.state.agents if name in kept]

    # -- where the focus is -----------------------------------------------------------------------------------------

    @property
    def agent(self) -> str | None:
        """The agent that commands act on."""
        return self._focused

    def view(self, agent: str) -> PaneView:
        """The view of an agent's terminal."""
        return self._panes[agent].view

    def in_view(self, need: Need) -> bool:
        """Whether the human is typing in the very pane that waits for it."""
        asked = self.room.state.permissions.get(int(need.ref)) if need.kind == "permission" else None
        waits = asked.agent if asked else need.ref if need.kind == "agent" else None
        return self.typing and waits == self._focused

    def on_live_pane_begun(self, event: LivePane.Begun) -> None:
        """The first key: from now on the human holds the pane."""
        self.room.hold(event.agent)
        if not self.typing:  # the leader was as quick, and has come first
            self.room.unhold()

    def on_pane_view_resized(self, event: PaneView.Resized) -> None:
        """Tell the room, for the recording, once the size has settled."""
        pane = event.view.query_ancestor(AgentPane)
        self._sizes[pane.agent] = (event.columns, event.rows)
        if self._resized:
            self._resized.stop()
        self._resized = self.set_timer(SETTLED, self._tell_sizes)

    def _tell_sizes(self) -> None:
        for name, (columns, rows) in self._sizes.items():
            if self.room.state.agents[name].size != (columns, rows):
                self.room.submit(Resize(agent=name, columns=columns, rows=rows))
        self._sizes.clear()

    def focus_agent(self, name: str) -> None:
        """Focus an agent's pane, bringing it in if it is hidden."""
        if name not in self.room.state.agents:
            return
        if name != self._focused:
            self.stop_typing()
        shown = name in self._visible()
        self._focused = name
        self._place = ""
        self._recent.remove(name)
        self._recent.insert(0, name)
        if shown:
            self._hold_focus()
            self.redraw()
        else:
            self.rearrange()

    def _hold_focus(self) -> None:
        if self._focused and not self._place and not self._writing:
            self._panes[self._focused].focus(scroll_visible=False)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Say in the status line in which panel the keys act."""
        widget = event.widget
        self._place = widget.panel.id if isinstance(widget, PanelBox) else ""
        if isinstance(widget, PanelBox):
            self.stop_typing()
            self._mark_read(widget)
        self.redraw()

    def _mark_read(self, box: PanelBox) -> None:
        if box.panel.id == "bus" and self.room.state.unread.get(YOU):
            self.room.submit(ReadInbox(how="seen"))

    def on_panel_box_left(self) -> None:
        """Escape in a panel goes back to the panes."""
        self._place = ""
        self._hold_focus()

    def on_panel_box_opened(self, event: PanelBox.Opened) -> None:
        """Do what a row is for."""
        self.open_ref(event.ref)

    def on_agent_pane_chosen(self, event: AgentPane.Chosen) -> None:
        """A click focuses, a second one types."""
        if event.again:
            self.action_pane_type()
        else:
            self.focus_agent(event.agent)

    def action_focus_number(self, number: int) -> None:
        """Focus the agent with this number."""
        names = list(self.room.state.agents)
        if number <= len(names):
            self.focus_agent(names[number - 1])

    def action_pane_next(self, step: int = 1) -> None:
        """Focus the next pane; after the last one come the panels."""
        side = self.arrangement is not None and self.arrangement.side != "none"
        ring = [*self.room.state.agents, *(self._panels if side else ())]
        here = self._place or self._focused
        if not ring or here is None:
            return
        there = ring[(ring.index(here) + step) % len(ring)]
        if there in self._panels:
            self._panels[there].focus()
        else:
            self.focus_agent(there)

    def action_pane_previous(self) -> None:
        """Focus the previous pane or panel."""
        self.action_pane_next(-1)

    def action_panel(self, name: str) -> None:
        """Go to a panel: in the sidebar, or over everything where there is none."""
        if self.arrangement and self.arrangement.side != "none":
            self._panels[name].focus()
            return
        box = PanelBox(self._panels[name].panel, self._view)
        self._mark_read(box)
        self.app.push_screen(PanelOverlay(box), lambda ref: self.open_ref(ref) if ref else None)

    def action_view_zoom(self) -> None:
        """Give the focused pane everything, and back."""
        self._zoomed = not self._zoomed
        self.rearrange()

    # -- writing ----------------------------------------------------------------------------------------------------

    def write(self, draft: Draft) -> None:
        """Open the composer."""
        self._writing = True
        self.query_one(Composer).open(draft)
        self.redraw()

    def on_composer_cancelled(self) -> None:
        """Close the composer."""
        self._writing = False
        self.query_one(Composer).close()
        self._hold_focus()
        self.redraw()

    def on_composer_sent(self, event: Composer.Sent) -> None:
        """Send what was written; the composer closes when the room has taken it."""
        draft = event.draft
        if draft.to is None:
            command: Note | Say = Note(text=event.text)
        else:
            command = Say(to=draft.to, text=event.text, via=draft.via, reply_to=draft.reply_to)
        self.room.submit(command, partial(self._sent))

    def _sent(self, _: object) -> None:
        self.on_composer_cancelled()
