"""What is shown until the first agent's pane is there: the steps of the start, or why it failed."""

from __future__ import annotations

from textual.content import Content

from agentmux.room.events import SessionFailed
from agentmux.room.state import State
from agentmux.ui.format import clean
from agentmux.ui.widgets.lines import Lines


class ProgressView(Lines):
    """The start of a session, step by step."""

    def __init__(self) -> None:
        super().__init__(id="progress")
        self._shown: list[Content] = []

    def show_start(self, state: State, failure: SessionFailed | None) -> None:
        """Show how far the start is, or that it failed, where and why."""
        lines = failed_lines(state, failure) if state.failed else progress_lines(state)
        if len(lines) != len(self._shown) or not all(a.is_same(b) for a, b in zip(lines, self._shown, strict=True)):
            self._shown = lines
            self.show(lines)


def progress_lines(state: State) -> list[Content]:
    """A line for each step: what it is, how far it is."""
    lines = [
        Content(),
        Content.assemble("  ", ("Starting ", "bold"), (clean(state.session) or "the session", "bold $primary")),
        Content.styled(f"  {clean(state.repo)}  ·  {clean(state.layout)}  ·  {clean(state.sandbox)}", "$muted"),
        Content(),
    ]
    for step, (text, done) in state.progress.items():
        glyph, style = ("✓", "$success") if done else ("◌", "bold $accent")
        lines.append(
            Content.assemble(
                (f"  {glyph} ", style), (f"{clean(step):<24}", "bold" if not done else ""), f"  {clean(text)}"
            )
        )
    if not state.progress:
        lines.append(Content.styled("  waiting for the room", "$muted"))
    return lines


def failed_lines(state: State, failure: SessionFailed | None) -> list[Content]:
    """The sentence, what to do, and the last lines of the log."""
    lines = [
        Content(),
        Content.styled("  ✗ The session could not be started", "bold $error"),
        Content(),
        Content.styled(f"  {clean(state.failed)}", "bold"),
    ]
    if failure and failure.hint:
        lines += [Content(f"  {clean(failure.hint)}")]
    if failure and failure.tail:
        lines += [Content(), Content.styled("  The last lines:", "$muted")]
        lines += [Content.styled(f"    {clean(line)}", "$muted") for line in failure.tail]
    return [*lines, Content(), Content.assemble("  ", ("q", "bold $accent"), (" leaves", "$muted"))]
