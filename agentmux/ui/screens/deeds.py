"""What the keys of COMMAND mode do to agents and the session; the screen below says which agent is meant."""

from __future__ import annotations

import os
from collections.abc import Callable
from textwrap import wrap
from typing import TYPE_CHECKING

from textual.command import CommandPalette
from textual.content import Content
from textual.screen import Screen

from agentmux.room.commands import (
    BeginTurn,
    Command,
    Hold,
    Interrupt,
    Pause,
    Restart,
    Resume,
    SetBudget,
    Stop,
    Unhold,
    WithdrawCheck,
)
from agentmux.room.events import HoldHow, PauseHow
from agentmux.room.state import ALL, Agent, Check, Message
from agentmux.ui.format import clean, clean_lines
from agentmux.ui.needs import needs, questions
from agentmux.ui.notify import said
from agentmux.ui.panels import bus, claims, tasks
from agentmux.ui.panels.panel import Ref, RefKind
from agentmux.ui.screens.budget import BudgetScreen
from agentmux.ui.screens.dialog import Ask, Choice, TextDialog
from agentmux.ui.screens.diff import DiffScreen
from agentmux.ui.screens.egress import EgressScreen
from agentmux.ui.screens.explain import ExplainScreen
from agentmux.ui.screens.help import help_screen
from agentmux.ui.screens.merge import MergeScreen
from agentmux.ui.screens.permission import PermissionScreen
from agentmux.ui.screens.ruling import RulingScreen
from agentmux.ui.screens.score import ScoreScreen
from agentmux.ui.widgets.composer import Draft
from agentmux.ui.widgets.pane import PaneView
from agentmux.ui.widgets.panel_box import PanelBox

if TYPE_CHECKING:
    from agentmux.ui.app import AgentmuxApp


class Deeds(Screen[None]):
    """The acts of the human; everything goes to the room as a command and comes back as events."""

    room: AgentmuxApp
    typing = False

    # -- what the screen below knows --------------------------------------------------------------------------------

    @property
    def agent(self) -> str | None:
        """The agent that commands act on."""
        raise NotImplementedError

    def focus_agent(self, name: str) -> None:
        """Focus an agent's pane."""
        raise NotImplementedError

    def view(self, agent: str) -> PaneView:
        """The view of an agent's terminal."""
        raise NotImplementedError

    def write(self, draft: Draft) -> None:
        """Open the composer."""
        raise NotImplementedError

    def redraw(self) -> None:
        """Bring the screen up to the state."""
        raise NotImplementedError

    # -- typing -----------------------------------------------------------------------------------------------------

    def action_pane_type(self) -> None:
        """Enter TYPING mode."""
        agent = self._acting()
        if agent and agent.pane and not agent.ended and not self.typing:
            self.typing = True
            self.view(agent.name).typing = True
            self.redraw()

    def stop_typing(self) -> None:
        """Go back to COMMAND mode."""
        if self.typing:
            self.typing = False
            if self.agent:
                self.view(self.agent).typing = False
            self.room.unhold()
            self.redraw()

    # -- agents -----------------------------------------------------------------------------------------------------

    def action_agent_pause(self) -> None:
        """Pause or resume."""
        self._pause("soft")

    def action_agent_freeze(self) -> None:
        """Freeze or thaw."""
        self._pause("freeze")

    def _pause(self, how: PauseHow) -> None:
        if agent := self._acting():
            self.room.submit(Resume(agent=agent.name) if agent.paused else Pause(agent=agent.name, how=how))

    def action_agent_interrupt(self) -> None:
        """Send the agent's interrupt key."""
        if agent := self._acting():
            self.room.submit(Interrupt(agent=agent.name))

    def action_agent_restart(self) -> None:
        """Start the agent's program again; one that runs is ended first, if that is meant."""
        agent = self._acting()
        if agent and agent.ended:
            self.room.submit(Restart(agent=agent.name))
        elif agent and agent.waits:
            self._ask_for_turn(agent)
        elif agent and agent.started:
            name, trouble = agent.name, f"{agent.trouble_text}. " if agent.trouble else ""
            text = f"{name} {trouble or f'is {agent.state}. '}End its program, and start it again?"
            choices = [Choice("y", "yes", "its files stay, and its conversation if its CLI can")]

            def answered(key: str | None) -> None:
                if key:
                    self.room.submit(Restart(agent=name, force=True))

            self.app.push_screen(Ask("start again", clean(text), choices), answered)

    def _ask_for_turn(self, agent: Agent) -> None:
        """Let an agent that waits begin before its time, or leave it out."""
        name, before = agent.name, self.room.state.agents[agent.waits]
        text = f"{name} waits until {before.name} is done; {before.name} is {before.state}."
        choices = [
            Choice("y", "begin now", f"from what {before.name} has by now"),
            Choice("s", "skip", f"leave {name} out; the flow goes on without it"),
        ]

        def answered(key: str | None) -> None:
            if key:
                self.room.submit(BeginTurn(agent=name, skip=key == "s"))

        self.app.push_screen(Ask("turn", clean(text), choices), answered)

    def action_pane_take_over(self) -> None:
        """Hold the pane and show it in real tmux."""
        if (agent := self._acting()) and agent.pane:
            pane = agent.pane
            self._outside(agent.name, "take over", lambda: self.room.take_over_argv(pane))

    def action_agent_shell(self) -> None:
        """Open a shell in the agent's sandbox."""
        if agent := self._acting():
            name = agent.name
            greeting = f"A shell beside {name}; `exit` leads back to agentmux."
            self._outside(name, "shell", lambda: self.room.errands.shell_argv(name), greeting)

    def _outside(self, agent: str, how: HoldHow, argv: Callable[[], list[str]], greeting: str = "") -> None:
        async def go_and_come_back() -> None:
            await self.room.run_outside(argv, greeting)
            self.view(agent).reclaim()
            self.room.submit(Unhold(agent=agent, viewer=os.getpid()))

        self.stop_typing()
        hold = Hold(agent=agent, how=how, viewer=os.getpid())
        self.room.submit(hold, lambda _: self.room.run_worker(go_and_come_back()))

    def action_agent_diff(self) -> None:
        """Show the agent's changes."""
        if agent := self._acting():
            self.app.push_screen(DiffScreen(agent.name, self.room.errands))

    def action_agent_explain(self) -> None:
        """Show what decided the agent's state."""
        if agent := self._acting():
            self.app.push_screen(ExplainScreen(agent.name, self.room.errands.explain))

    def _acting(self) -> Agent | None:
        return self.room.state.agents.get(self.agent) if self.agent else None

    # -- messages, questions, rulings -------------------------------------------------------------------------------

    def action_message_one(self) -> None:
        """Write to the focused agent."""
        if self.agent:
            self.write(Draft(to=self.agent))

    def action_message_all(self) -> None:
        """Write to everybody."""
        self.write(Draft(to=ALL))

    def action_session_note(self) -> None:
        """Write a note."""
        self.write(Draft(to=None))

    def action_message_reply(self) -> None:
        """Answer the selected, else the oldest open question."""
        selected = self.focused.selected if isinstance(self.focused, PanelBox) else None
        if selected and selected.kind == "message" and (message := self.room.state.messages.get(int(selected.id))):
            self.reply(message)
        elif asked := questions(self.room.state):
            self.reply(asked[0])
        else:
            self.room.say("Nobody has asked you anything.")

    def reply(self, message: Message) -> None:
        """Open the composer to answer a message."""
        default = message.default if message.open else None
        self.write(Draft(to=message.sender, reply_to=message.id, question=message.text, default=default))

    def action_need_next(self) -> None:
        """Take up what waits for the human."""
        waiting = needs(self.room.state)
        if not waiting:
            self.room.say("Nothing needs you.")
            return
        # An agent at a dialog is no reason to stay: from there, the next one that waits is meant.
        at = next((i for i, need in enumerate(waiting) if need.kind == "agent" and need.ref == self.agent), -1)
        need = waiting[(at + 1) % len(waiting)]
        if need.kind == "budget":
            if need.ref in self.room.state.agents:
                self.focus_agent(str(need.ref))
            self.action_session_budget()
            return
        kind: RefKind = "message" if need.kind == "question" else need.kind
        self.open_ref(Ref(kind, need.ref))

    def open_ref(self, ref: Ref) -> None:
        """Do what a row of a panel is for."""
        state = self.room.state
        if ref.kind == "agent":
            self.focus_agent(str(ref.id))
        elif (ruling := ref.id if ref.kind == "ruling" else ref.ruling) in state.rulings and ruling in state.waiting:
            self.app.push_screen(RulingScreen(state, int(ruling), self.room.now()), self._send)
        elif ref.kind == "permission":
            if asked := state.permissions.get(int(ref.id)):
                self.app.push_screen(PermissionScreen(asked), self._send)
        elif ref.kind == "egress":
            agent, _, place = str(ref.id).partition(" ")
            if entry := state.egress.get((agent, place)):
                self.app.push_screen(EgressScreen(entry), self._send)
        elif ref.kind in ("claim", "ruling"):
            self._read(f"claim #{ref.id}", claims.detail(state, int(ref.id)))
        elif ref.kind == "task" and (task := state.tasks.get(int(ref.id))):
            owner = f"{task.status.replace('_', ' ')}, {task.owner or 'nobody does it'}, added by {task.by}"
            self._read(f"task #{task.id}", f"{task.title}\n{owner}\n\n{task.text}")
        elif ref.kind == "check" and (check := state.checks.get(int(ref.id))):
            self._show_check(check)
        elif ref.kind == "message" and (message := state.messages.get(int(ref.id))):
            if message in questions(state):
                self.reply(message)
            else:
                self._read(f"message #{message.id}", bus.detail(state, message.id))

    def _read(self, title: str, text: str) -> None:
        lines = [Content(part) for line in clean_lines(text).split("\n") for part in _wrapped(line)]
        self.app.push_screen(TextDialog(title, lines))

    def _show_check(self, check: Check) -> None:
        """A check in full; it can be withdrawn."""

        def answered(key: str | None) -> None:
            if key:
                self.room.submit(WithdrawCheck(id=check.id))

        text = "\n".join(part for line in clean_lines(tasks.detail(check)).split("\n") for part in _wrapped(line))
        choices = [Choice("w", "withdraw", "it need not hold any more")]
        self.app.push_screen(Ask(f"check #{check.id}", text, choices), answered)

    def _send(self, command: Command | None) -> None:
        if command:
            self.room.submit(command)

    # -- the session ------------------------------------------------------------------------------------------------

    def action_session_merge(self) -> None:
        """Merge everybody's work."""
        self.app.push_screen(MergeScreen(self.room))

    def action_session_budget(self) -> None:
        """Show what was spent, and offer other limits."""
        self.app.push_screen(BudgetScreen(self.room.state, self.agent), self._set_budget)

    def action_session_score(self) -> None:
        """Show the score up to now."""
        self.app.push_screen(ScoreScreen(self.room.errands.recordings(), self.room.now))

    def _set_budget(self, wish: SetBudget | None) -> None:
        if wish:
            self.room.submit(wish)

    def action_session_revive(self) -> None:
        """Start the room again."""
        self.room.revive()

    def action_app_palette(self) -> None:
        """Find an action by its name."""
        self.app.push_screen(CommandPalette())

    def action_app_help(self) -> None:
        """Show all keys."""
        self.app.push_screen(help_screen(self.room.settings.leader))

    def action_app_leave(self) -> None:
        """Ask how to leave."""
        state = self.room.state
        if state.stopped or state.failed:
            self.room.exit("stopped")
            return
        running = sum(not agent.ended for agent in state.agents.values())
        text = f"{running} of {len(state.agents)} agents of {clean(state.session)} are at work."
        choices = [
            Choice("d", "detach", "leave; the agents go on, `agentmux attach` comes back"),
            Choice("s", "stop", "end all agents and the room; the recording is kept"),
        ]
        self.app.push_screen(Ask("leave", text, choices), self._leave)

    def _leave(self, answer: str | None) -> None:
        if answer == "d":
            self.room.exit("detached")
        elif answer == "s":
            self.room.tell(said("Ending the agents …", "information"))
            self.room.submit(Stop(), lambda _: self.room.exit("stopped"))


def _wrapped(line: str) -> list[str]:
    """The line in parts that fit into a dialog."""
    return wrap(line, 68, drop_whitespace=False) or [""]
