"""Merging: the order first, then how far it is, then the branch or what stands in the way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content

from agentmux.room.commands import Merge
from agentmux.room.state import State
from agentmux.service.client import Answer
from agentmux.ui.format import clean, count, name_style, state_mark
from agentmux.ui.screens.dialog import Dialog
from agentmux.ui.widgets.lines import Lines

if TYPE_CHECKING:
    from agentmux.ui.app import AgentmuxApp

MARKERS = (("<<<<<<<", "bold $primary"), ("=======", "bold $muted"), (">>>>>>>", "bold $accent"), ("|||||||", "$muted"))


class MergeScreen(Dialog[None]):
    """Asks, merges and tells. Closing it does not stop a merge that has begun."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "begin", show=False)]

    def __init__(self, app: AgentmuxApp) -> None:
        super().__init__()
        self._room = app
        self._begun = False
        self._answer: Answer | None = None

    def compose(self) -> ComposeResult:
        """One text that changes with the merge."""
        with Vertical(classes="dialog -wide") as box:
            box.border_title = Content("merge")
            yield Lines(plan_lines(self._room.state))

    def on_mount(self) -> None:
        """Say which keys work."""
        self._below("enter merges · esc does not")
        self.set_interval(1.0, self._tick)

    def action_begin(self) -> None:
        """Merge."""
        if not self._begun:
            self._begun = True
            self._below("esc closes; the merge goes on")
            self._room.submit(Merge(), self._done, refused=self._done)
            self._tick()

    def _tick(self) -> None:
        if self._begun and self._answer is None:
            text = self._room.state.progress.get("merge", ("asking the room", False))[0]
            now = Content.assemble(("  ◌ ", "bold $accent"), clean(text) or "merging")
            self.query_one(Lines).show([*plan_lines(self._room.state)[:-1], now])

    def _done(self, answer: Answer) -> None:
        self._answer = answer
        if self.is_attached:
            self.query_one(Lines).show(merged_lines(answer.reply) if answer.ok else refused_lines(answer))
            self._below("↑ ↓ scroll · esc closes")

    def _below(self, text: str) -> None:
        self.query_one(".dialog").border_subtitle = Content(text)


def plan_lines(state: State) -> list[Content]:
    """What will be merged, in which order."""
    lines = [
        Content.styled("Everybody's work, as it is now, becomes one branch, merged in this order:", "bold"),
        Content(),
    ]
    for number, agent in enumerate(state.agents.values(), 1):
        name = Content.styled(agent.name, name_style(state, agent.name))
        lines.append(Content.assemble((f"  {number}  ", "$muted"), name, "  ", state_mark(agent.state)))
    return [
        *lines,
        Content(),
        Content.assemble("  branch  ", (f"agentmux/{clean(state.session)}", "bold"), f"  in {clean(state.repo)}"),
        Content(),
        Content.styled("Nothing is pushed, and no branch that you have checked out moves.", "$muted"),
    ]


def merged_lines(reply: Mapping[str, Any]) -> list[Content]:
    """The branch, and how the checks went."""
    checks = reply.get("checks", {})
    passed, failed = int(checks.get("passed", 0)), int(checks.get("failed", 0))
    mark = ("  ✗ ", "bold $error") if failed else ("  ✓ ", "bold $success")
    told = f"{count(passed, 'check')} passed, {failed} failed" if passed or failed else "the layout names no checks"
    return [
        Content.assemble(mark, ("merged into ", "bold"), (clean(str(reply.get("branch", ""))), "bold $primary")),
        Content(),
        Content(f"  commit  {clean(str(reply.get('commit', '')))}"),
        Content(f"  order   {clean(', '.join(reply.get('order', [])))}"),
        Content(f"  checks  {told}"),
    ]


def refused_lines(answer: Answer) -> list[Content]:
    """Why nothing was written: the sentence, then each file with its conflicting hunks."""
    files: Mapping[str, list[str]] = answer.facts.get("files", {})
    lines = [
        Content.assemble(("  ✗ ", "bold $error"), (clean(answer.refused), "bold")),
        Content(f"    {clean(answer.hint)}"),
    ]
    for path, hunks in files.items():
        lines += [Content(), Content.assemble((f"  {clean(path)}", "bold $warning"), f"  {count(len(hunks), 'hunk')}")]
        for hunk in hunks:
            lines += [_hunk_line(line) for line in hunk.rstrip("\n").split("\n")]
            lines.append(Content())
    return lines


def _hunk_line(line: str) -> Content:
    style = next((style for start, style in MARKERS if line.startswith(start)), "")
    return Content.assemble(("    │ ", "$line"), (clean(line), style))
