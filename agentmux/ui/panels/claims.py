"""Who holds which paths, for how long, and who waits for them."""

from __future__ import annotations

from textual.content import Content

from agentmux.room.state import Lease, State, Waiting
from agentmux.ui.format import clean, clip, left, name_style, spread
from agentmux.ui.panels.panel import Panel, Ref, Row, View


def rows(view: View) -> list[Row]:
    """A row for each claim, the contested ones first, each followed by who wrote there or waits for it."""
    state = view.state
    ruled = {holder for ruling in state.rulings.values() for holder in _behind(state, ruling.id)}
    found: list[Row] = []
    shown: set[int] = set()
    for lease in sorted(state.claims.values(), key=lambda lease: (lease.id not in ruled, lease.until)):
        waiting = [w for w in state.waiting.values() if lease.id in w.behind and w.id not in shown]
        found.append(_lease(view, lease, bool(waiting)))
        found += [_trespass(view, *key) for key in state.trespasses if key[0] == lease.id]
        found += [_waiting(view, w) for w in waiting]
        shown.update(w.id for w in waiting)
    return found + [_waiting(view, w) for w in state.waiting.values() if w.id not in shown]


def _behind(state: State, waiting: int) -> tuple[int, ...]:
    return state.waiting[waiting].behind if waiting in state.waiting else ()


def _lease(view: View, lease: Lease, contested: bool) -> Row:
    remaining = lease.until - view.now
    right = Content.assemble(
        (lease.holder, name_style(view.state, lease.holder)),
        (" shared" if lease.mode == "shared" else "", "$secondary"),
        (f" {left(remaining)}", "$warning" if remaining < 60 else "$muted"),
    )
    trespassed = any(claim == lease.id for claim, _ in view.state.trespasses)
    mark = ("! ", "bold $warning") if contested or trespassed else ("  ", "")
    ruling = next((number for number in view.state.rulings if lease.id in _behind(view.state, number)), None)
    return Row(
        spread(_what(mark, lease.paths, lease.intent, view.width - right.cell_length - 1, "bold"), right, view.width),
        Ref("claim", lease.id, ruling),
        contested or trespassed,
    )


def _waiting(view: View, waiting: Waiting) -> Row:
    right = Content.assemble(
        (waiting.asker, name_style(view.state, waiting.asker)),
        (f" waits {left(view.now - waiting.since)}", "$warning"),
    )
    raised = waiting.id in view.state.rulings
    line = _what(("  └ ", "$warning"), waiting.paths, waiting.intent, view.width - right.cell_length - 1, "$warning")
    return Row(spread(line, right, view.width), Ref("ruling" if raised else "claim", waiting.id), warn=True)


def _trespass(view: View, claim: int, agent: str) -> Row:
    paths = tuple(sorted(view.state.trespasses[claim, agent]))
    right = Content.assemble((agent, name_style(view.state, agent)), (" wrote here", "$warning"))
    line = _what(("  └ ", "$warning"), paths, "", view.width - right.cell_length - 1, "$warning")
    return Row(spread(line, right, view.width), Ref("claim", claim), warn=True)


def _what(mark: tuple[str, str], paths: tuple[str, ...], intent: str, width: int, style: str) -> Content:
    """The paths, and the intent where there is room for at least some words of it."""
    width -= len(mark[0])
    shown = clip(clean(", ".join(paths)), width)
    rest = width - Content(shown).cell_length - 2
    words = clip(clean(intent), rest) if intent and rest >= 8 else ""
    return Content.assemble(mark, (shown, style), (f"  {words}" if words else "", "$muted"))


def detail(state: State, claim: int) -> str:
    """Everything that is known of a claim or waiting claim, for the reader who opened its row."""
    if entry := state.claims.get(claim):
        who, number = f"{entry.holder} holds, {entry.mode}", f"fencing number {entry.fence}"
    elif waits := state.waiting.get(claim):
        behind = ", ".join(f"#{number}" for number in waits.behind)
        who, number = f"{waits.asker} waits, {waits.mode}", f"behind {behind}"
    else:
        return "This claim is over."
    found = state.claims.get(claim) or state.waiting[claim]
    paths = "\n".join(f"  {path}" for path in found.paths)
    writers = [(agent, sorted(those)) for (id_, agent), those in state.trespasses.items() if id_ == claim]
    written = "".join(
        f"\n\n{agent} wrote here\n" + "\n".join(f"  {path}" for path in those) for agent, those in writers
    )
    return f"{who}\n{paths}\n\nintent: {found.intent or 'none given'}\n{number}{written}"


def _badge(state: State) -> Content:
    contested = len(state.rulings)
    return Content.styled(f" ! {contested} contested", "bold $warning") if contested else Content()


PANEL = Panel(
    id="claims",
    key="c",
    about="go to the claims; enter on a contested one rules",
    order=2,
    share=9,
    rows=rows,
    empty="nothing is claimed",
    badge=_badge,
)
