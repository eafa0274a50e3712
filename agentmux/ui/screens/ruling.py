"""Ruling on a contested claim: both sides beside each other, and five ways to settle it."""

from __future__ import annotations

from textual import events
from textual.app import ComposeResult
from textual.containers import Container, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Input, Static

from agentmux.room.commands import Rule
from agentmux.room.state import Lease, State
from agentmux.ui.format import ago, clean, count, left, name_style
from agentmux.ui.screens.dialog import Choice, Choices, Dialog
from agentmux.ui.widgets.field import Field

RULES = {"1": "keep", "2": "transfer", "3": "split", "4": "share", "5": "settle"}


class RulingScreen(Dialog[Rule]):
    """Its result is the command that settles the ruling.

    Args:
        state: the session; the ruling must be in it.
        ruling: the ruling's number.
        now: Unix seconds.
    """

    AUTO_FOCUS = ""  # the digits act at once; only a click or Tab goes into the reason

    def __init__(self, state: State, ruling: int, now: float) -> None:
        super().__init__()
        self.about = f"ruling {ruling}"
        self._state = state
        self._ruling = state.rulings[ruling]
        self._waiting = state.waiting[ruling]
        self._leases = [state.claims[i] for i in self._waiting.behind if i in state.claims]
        self._now = now
        holders = " and ".join(self._ruling.holders) or "the holder"
        asker = self._ruling.asker
        self._choices = Choices(
            [
                Choice("1", "keep", f"{holders} keeps it; {asker} is told to do something else"),
                Choice("2", "transfer", f"{asker} gets it; {holders} is told to stop there"),
                Choice("3", "split", "you say who gets which paths"),
                Choice("4", "share", "both hold it, shared, and are told to be careful"),
                Choice("5", "settle", "they settle it themselves; both are told"),
                Choice("esc", "later"),
            ]
        )

    def compose(self) -> ComposeResult:
        """Both sides, the choices, a reason."""
        with VerticalScroll(classes="dialog -wide", can_focus=False) as box:
            box.border_title = Content(f"who gets {clean(', '.join(self._ruling.paths))}?")
            with Container(id="sides"):
                yield Static(self._holders(), classes="side", markup=False)
                yield Static(self._asker(), classes="side", markup=False)
            yield self._choices
            with Vertical(id="split"):
                held = " ".join(path for lease in self._leases for path in lease.paths)
                yield Static("split: what the holder keeps, and what the asker gets (tab, then enter)", markup=False)
                yield Field(held, id="holder-paths", placeholder="paths the holder keeps")
                yield Field(" ".join(self._waiting.paths), id="asker-paths", placeholder="paths the asker gets")
            yield Field(id="reason", placeholder="reason, told to both (tab to write; optional)")

    def on_key(self, event: events.Key) -> None:
        """Rule with a digit, unless something is being written."""
        if self.focused is None and self._choices.choose(event.key):
            event.stop()

    def on_choices_made(self, event: Choices.Made) -> None:
        """Rule, or ask for the paths first."""
        key = event.choice.key
        if key == "esc":
            self.dismiss(None)
        elif RULES[key] == "split":
            self.query_one("#split").add_class("-on")
            self.query_one("#holder-paths").focus()
        else:
            self._rule(key)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """The holder's paths lead to the asker's, those settle it; after the reason, the digits act again."""
        if event.input.id == "holder-paths":
            self.query_one("#asker-paths").focus()
        elif event.input.id == "asker-paths":
            self._rule("3")
        else:
            self.set_focus(None)

    def _rule(self, key: str) -> None:
        split = RULES[key] == "split"
        self.dismiss(
            Rule.model_validate(
                {
                    "id": self._ruling.id,
                    "choice": RULES[key],
                    "reason": self.query_one("#reason", Input).value.strip(),
                    "holder_paths": self._paths("#holder-paths") if split else [],
                    "asker_paths": self._paths("#asker-paths") if split else [],
                }
            )
        )

    def _paths(self, selector: str) -> list[str]:
        return self.query_one(selector, Input).value.replace(",", " ").split()

    def _holders(self) -> Content:
        parts = [
            self._side(lease.holder, "holds", lease.paths, lease.intent, self._times(lease)) for lease in self._leases
        ]
        return Content("\n\n").join(parts) if parts else Content.styled("nobody holds it any more", "$muted")

    def _times(self, lease: Lease) -> str:
        return f"{lease.mode} · {left(lease.until - self._now)} left · held for {ago(self._now - lease.granted)}"

    def _asker(self) -> Content:
        waiting = self._waiting
        times = f"{waiting.mode} · waiting for {ago(self._now - waiting.since)}"
        return self._side(waiting.asker, "waits for", waiting.paths, waiting.intent, times)

    def _side(self, who: str, verb: str, paths: tuple[str, ...], intent: str, times: str) -> Content:
        return Content.assemble(
            (who, name_style(self._state, who)),
            f" {verb} {count(len(paths), 'path')}\n",
            *[(f"  {clean(path)}\n", "bold") for path in paths],
            (f"“{clean(intent)}”\n" if intent else "no intent given\n", "italic"),
            (times, "$muted"),
        )
