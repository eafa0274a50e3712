"""What an agent changed since the base: files at the left, the diff beside them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from textual.app import ComposeResult
from textual.containers import Container, Vertical
from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from agentmux.errors import AgentmuxError
from agentmux.ui.format import clean, clip, count
from agentmux.ui.screens.dialog import Dialog
from agentmux.ui.widgets.lines import Lines

STYLES = (
    ("diff --git", "bold"),
    ("+++", "$muted"),
    ("---", "$muted"),
    ("index ", "$muted"),
    ("@@", "$secondary"),
    ("+", "$success"),
    ("-", "$error"),
)


@dataclass(frozen=True, slots=True)
class FileDiff:
    """A file in a diff: lines added and removed, and the line of the text where it begins (from 0)."""

    path: str
    line: int
    added: int
    removed: int


def files_of(diff: Sequence[str]) -> list[FileDiff]:
    r"""The files of a unified diff in git's form.

    >>> files_of("diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b".split("\n"))
    [FileDiff(path='x', line=0, added=1, removed=1)]
    """
    starts = [i for i, line in enumerate(diff) if line.startswith("diff --git ")]
    found = []
    for start, end in zip(starts, [*starts[1:], len(diff)], strict=True):
        body = diff[start:end]
        hunk = next((i for i, line in enumerate(body) if line.startswith("@@")), len(body))
        added = sum(line.startswith("+") for line in body[hunk:])
        removed = sum(line.startswith("-") for line in body[hunk:])
        found.append(FileDiff(clean(diff[start].rpartition(" b/")[2]), start, added, removed))
    return found


def coloured(diff: Sequence[str]) -> list[Content]:
    """The lines of a diff, each in the colour of its kind; control characters are shown, not obeyed."""
    return [Content.styled(clean(line), _style(line)) for line in diff]


def _style(line: str) -> str:
    return next((style for start, style in STYLES if line.startswith(start)), "")


class DiffScreen(Dialog[None]):
    """Shows a diff that is computed in a thread meanwhile.

    Args:
        agent: whose work it is.
        diff: computes it; may take long and raise AgentmuxError.
    """

    def __init__(self, agent: str, diff: Callable[[str], str]) -> None:
        super().__init__()
        self._agent = agent
        self._diff = diff
        self._files: list[FileDiff] = []

    def compose(self) -> ComposeResult:
        """Files beside lines."""
        with Vertical(classes="dialog -wide -tall") as box:
            box.border_title = Content(f"{self._agent}: changes since the base")
            box.border_subtitle = Content("tab files/diff · ↑ ↓ move · esc closes")
            with Container(id="diff-body"):
                yield OptionList(id="diff-files", compact=True, markup=False)
                yield Lines([Content.styled("reading the work tree …", "$muted")], id="diff-lines")

    def on_mount(self) -> None:
        """Begin to compute."""
        self.set_class(self.app.size.width < 100, "-narrow")
        self.query_one(Lines).focus()
        self.run_worker(self._load, thread=True, group="diff")

    def _load(self) -> None:
        try:
            text = self._diff(self._agent)
        except AgentmuxError as error:
            lines = [Content.styled(clean(error.message), "bold $error"), Content(clean(error.hint))]
            self.app.call_from_thread(self._show, [], lines)
            return
        diff = text.split("\n")
        lines = coloured(diff) if text.strip() else [Content.styled("nothing is changed", "$muted")]
        self.app.call_from_thread(self._show, files_of(diff), lines)

    def _show(self, files: list[FileDiff], lines: list[Content]) -> None:
        if not self.is_attached:
            return
        self._files = files
        self.query_one(Lines).show(lines)
        options = self.query_one("#diff-files", OptionList)
        options.add_options([Option(_label(file)) for file in files])
        added, removed = sum(f.added for f in files), sum(f.removed for f in files)
        total = f"{self._agent}: {count(len(files), 'file')}, +{added} -{removed} since the base"
        self.query_one(".dialog").border_title = Content(total)

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Bring the file's part into sight."""
        if event.option_list.has_focus:
            self.query_one(Lines).scroll_to(y=self._files[event.option_index].line, animate=False)


def _label(file: FileDiff) -> Content:
    return Content.assemble(
        (f"+{file.added}".rjust(5), "$success"), (f"-{file.removed}".rjust(5), "$error"), f"  {clip(file.path, 20)}"
    )
