"""What the screen is drawn from: one value, and the single lines that are pure functions of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from textual.content import Content

from agentmux.room.state import OVER_BUDGET, YOU, Agent, State
from agentmux.ui import spending
from agentmux.ui.format import (
    STATES,
    agent_number,
    ago,
    clean,
    clip_content,
    count,
    elapsed,
    ending,
    name_style,
    spread,
    state_mark,
)
from agentmux.ui.keymap import Key, keys_of
from agentmux.ui.needs import Need, needs
from agentmux.ui.panels import bus

COMPOSER = "composer"
"""The place of the keys while the human writes."""
HEADER_ENDS = 5
"""Cells of a pane's upper edge that its header does not get: the frame, and a gap between left and right."""
WARNING_SECONDS = 60.0
"""How long a warning stays in the status line."""


@dataclass(frozen=True, slots=True)
class Lost:
    """Something that the viewer needs and cannot reach; `again` says which key tries again."""

    what: str
    again: str


@dataclass(frozen=True, slots=True)
class Look:
    """One moment of the screen. `now` is in Unix seconds; `visible` are the agents whose panes are shown.

    In a `replay` it is a moment that has passed.
    """

    state: State
    now: float
    focused: str | None = None
    typing: bool = False
    visible: tuple[str, ...] = ()
    zoomed: bool = False
    recording: bool = True
    leader: str = "ctrl+]"
    place: str = ""
    replay: bool = False
    lost: tuple[Lost, ...] = ()
    needs: tuple[Need, ...] = field(default=())

    @property
    def agent(self) -> Agent | None:
        """The focused agent."""
        return self.state.agents.get(self.focused) if self.focused else None


def recording(state: State) -> bool:
    """Whether a pane is still being recorded."""
    return not state.stopped and any(agent.pane and not agent.ended for agent in state.agents.values())


def look(state: State, now: float, **rest: object) -> Look:
    """The look of this moment, with what is computed from the state filled in."""
    return Look(state, now, needs=tuple(needs(state)), recording=recording(state), **rest)  # type: ignore[arg-type]


def title_line(seen: Look, width: int) -> Content:
    """Product, session and layout at the left; time, recording, counts and attention at the right."""
    state = seen.state
    hidden = len(state.agents) - len(seen.visible)
    flow = f"{clean(state.flow)} · " if state.flow not in ("shared", state.layout) else ""
    left = Content.assemble(
        (" agentmux ", "bold $primary"),
        (f" {clean(state.session)}", "bold"),
        (f"  {clean(state.layout)} · {flow}{clean(state.sandbox)}" if width >= 100 else "", "$muted"),
        (f" · {hidden} hidden" if hidden and width >= 100 else "", "$muted"),
    )
    return spread(left, _vitals(seen, width), width)


def _vitals(seen: Look, width: int) -> Content:
    state = seen.state
    end = state.at if state.stopped else seen.now
    running = elapsed(end - state.created) if state.created else "00:00:00"
    parts = [Content.styled(running if width >= 100 else running[:5], "$muted")]
    if seen.replay:
        parts = [] if width < 100 else parts  # the time line has it
        parts.append(Content.styled("[REPLAY]", "bold $secondary"))
    elif state.stopped:
        parts.append(Content.styled("[ENDED]", "$muted"))
    else:
        parts.append(Content.styled("[REC]", "bold $error") if seen.recording else Content.styled("[---]", "$muted"))
    counts = Counter(agent.state for agent in state.agents.values())
    if width >= 100:
        parts += [Content.styled(f"{STATES[s][0]} {counts[s]} {s}", STATES[s][1]) for s in STATES if counts[s]]
    if width >= 60:
        parts += [Content.styled(text, style) for text, style in spending.cost(state, None)]
    if unread := len(state.unread.get(YOU, [])):
        parts.append(Content.styled(f"✉ {unread}", "bold $primary"))
    if seen.needs:
        parts.append(Content.styled(f"! {len(seen.needs)}", "bold $warning"))
    return Content.assemble(Content("  ").join(parts), " ")


def tabs_line(seen: Look, width: int) -> Content:
    """All agents as tabs; on narrow screens the vitals stand at the right, since there is no title bar."""
    tabs = [_tab(seen, agent, width) for agent in seen.state.agents.values()]
    line = Content.assemble(" ", Content(" ").join(tabs))
    return spread(line, _vitals(seen, width) if width < 100 else Content(), width)


def tab_at(seen: Look, x: int, width: int) -> str | None:
    """The agent whose tab is drawn at this column."""
    start = 1
    for agent in seen.state.agents.values():
        end = start + _tab(seen, agent, width).cell_length
        if start <= x < end:
            return agent.name
        start = end + 1
    return None


def _tab(seen: Look, agent: Agent, width: int) -> Content:
    glyph, style = STATES[agent.state]
    here = agent.name == seen.focused
    words = f"{glyph} {agent.state}" if width >= 100 else glyph
    frame = ("[", "]") if here else (" ", " ")
    return Content.assemble(
        (f"{frame[0]}{agent_number(seen.state, agent.name)} ", "bold" if here else "$muted"),
        (agent.name, f"{name_style(seen.state, agent.name)}{' reverse' if here else ''}"),
        (f" {words}", style),
        (frame[1], "bold" if here else ""),
    )


def pane_header(seen: Look, name: str, width: int) -> tuple[Content, Content]:
    """What stands at the left and right of a pane's upper edge."""
    state, agent = seen.state, seen.state.agents[name]
    held = sum(lease.holder == name for lease in state.claims.values())
    waiting = sum(w.asker == name for w in state.waiting.values())
    unread = len(state.unread.get(name, []))
    asked = next((request for request in state.permissions.values() if request.agent == name), None)
    left = Content.assemble(
        (f" {agent_number(state, name)} ", "bold" if name == seen.focused else "$muted"),
        (name, name_style(state, name)),
        (f" {clean(agent.profile)}" if agent.profile != name and width >= 60 else "", "$muted"),
        "  ",
        state_mark(agent.state),
        (f" {ago(seen.now - agent.since)}" if agent.since else "", "$muted"),
        (" · over budget" if agent.pause_why == OVER_BUDGET and agent.paused else "", "bold $error"),
        (" · paused" if agent.paused == "soft" and agent.state != "paused" else "", "$secondary"),
        (" · frozen" if agent.paused == "freeze" else "", "$secondary"),
        (f" · {agent.trouble}" if agent.trouble else "", "bold $warning"),
        (f" · waits for {agent.waits}" if agent.waits else "", "$muted"),
        (f" · {count(len(agent.failing), 'check')} broken" if agent.failing else "", "bold $warning"),
        (f" · yours: {agent.held}" if agent.held else "", "bold $primary"),
        (f" · {clean(asked.tool)}: {clean(asked.brief)}" if asked else "", "$warning"),
        " ",
    )
    price = spending.cost(state, agent)
    pressing = agent.budget is not None and agent.budget.level is not None
    facts = price if pressing else []
    facts += [(count(held, "claim"), "$muted")] if held else []
    facts += [(f"+{waiting} waiting", "$warning")] if waiting else []
    facts += [(f"{unread} unread", "$primary")] if unread else []
    facts += [(ending(agent), "$muted")] if agent.ended else []
    facts += [*spending.context(agent), *([] if pressing else price)]
    facts += spending.tokens(agent) if width >= 100 else []
    facts += [(f"{agent.size[0]}x{agent.size[1]}", "$muted")] if agent.size and width >= 70 else []
    return left, _as_many_as_fit([fact for fact in facts if fact[0]], width - HEADER_ENDS - left.cell_length)


def _as_many_as_fit(facts: Iterable[tuple[str, str]], width: int) -> Content:
    """The facts in one line, the most important first; what does not fit is left out."""
    kept: list[Content] = []
    line = Content()
    for text, style in facts:
        longer = Content.assemble(" ", Content(" · ").join([*kept, Content.styled(text, style)]), " ")
        if longer.cell_length <= width:
            kept.append(Content.styled(text, style))
            line = longer
    return line


def urgent(seen: Look) -> bool:
    """Whether the alert line has something that should catch the eye."""
    return bool(seen.lost or seen.needs or seen.state.stopped)


def alert_line(seen: Look, width: int) -> Content:
    """What cannot be reached, else what is over, else what waits for the human; each with the key that takes it up.

    The line is always there, because a line that comes and goes would resize every pane; it shows the newest message
    while nothing is urgent.
    """
    if seen.lost:
        first = seen.lost[0]
        return spread(Content(f" ✗ {clean(first.what)}"), Content.styled(f"({first.again}) ", "bold"), width)
    if seen.state.stopped:
        text = " The session is over; its recording is kept."
        return spread(Content(text), Content.styled("(q close) ", "bold"), width)
    if not seen.needs:
        return clip_content(Content.assemble(" ", bus.summary(seen.state)), width)
    first_need, more = seen.needs[0], len(seen.needs) - 1
    elsewhere = first_need.failed and first_need.ref != seen.focused
    number = f"{agent_number(seen.state, str(first_need.ref))} " if elsewhere else ""
    right = f"({number}{first_need.hint}{f' · {more} more' if more else ''}) "
    return spread(Content(f" ! {first_need.text}"), Content.styled(right, "bold"), width)


def status_line(seen: Look, width: int) -> Content:
    """The mode, what it acts on, and how the machinery is."""
    state = seen.state
    number = f"{agent_number(state, seen.focused)} {seen.focused}" if seen.agent and seen.focused else "nobody"
    if seen.typing:
        left = Content.assemble(
            (" TYPING ", "bold reverse $warning"),
            (f" {number}", "bold"),
            "  its program has ended" if seen.agent and seen.agent.ended else "  every key goes to the agent",
            f" · {seen.leader} back",
        )
    else:
        left = Content.assemble(
            (" COMMAND ", "bold reverse $primary"),
            (f" {number}", "bold"),
            (f" · {seen.place}" if seen.place else "", "$muted"),
            (" · zoomed" if seen.zoomed else "", "$muted"),
        )
    return spread(left, _machinery(seen, width), width)


def _machinery(seen: Look, width: int) -> Content:
    state = seen.state
    if state.warnings and seen.now - state.warnings[-1][0] < WARNING_SECONDS:
        return Content.styled(f"! {clean(state.warnings[-1][1])} ", "$warning")
    step, (text, done) = next(reversed(state.progress.items()), ("", ("", True)))
    if not done and not state.failed:
        return Content.styled(f"{clean(step)} … {clean(text)} ", "$accent")
    if state.branch:
        passed = count(state.branch.passed, "check")
        return Content.styled(f"branch {clean(state.branch.branch)} · {passed} passed ", "$muted")
    return Content.styled(f"log {state.seq:,} events " if width >= 100 else "", "$muted")


def hints_line(seen: Look, width: int) -> Content:
    """The keys that make sense here, as many as fit."""
    if seen.typing and seen.agent and seen.agent.ended:
        pairs = [(seen.leader, "back to COMMAND"), (f"{seen.leader} u", "start it again")]
    elif seen.typing:
        pairs = [
            (seen.leader, "back to COMMAND"),
            (f"{seen.leader} {seen.leader}", "sends it to the agent"),
            (f"{seen.leader} 1-9", "another agent"),
        ]
    elif seen.state.failed or seen.state.stopped:
        pairs = [("q", "close"), ("?", "help")]
    elif seen.place == COMPOSER:
        pairs = [(key.shown, key.hint) for key in keys_of("composer")]
    elif seen.place:
        pairs = [*((key.shown, key.hint) for key in keys_of("panel")), ("?", "help"), ("q", "quit")]
    else:
        pairs = _contextual(seen)
    return _hints(tuple(pairs), width)


@lru_cache(16)
def _hints(pairs: tuple[tuple[str, str], ...], width: int) -> Content:
    parts: list[Content] = []
    room = width - 1
    for shown, hint in pairs:
        part = Content.assemble((shown, "bold $accent"), (f" {hint}  ", "$muted"))
        if part.cell_length > room + 2:
            continue
        room -= part.cell_length
        parts.append(part)
    return Content.assemble(" ", *parts)


def _contextual(seen: Look) -> list[tuple[str, str]]:
    """The hints of COMMAND mode: help and quit always, then what fits the moment, then the rest."""
    agent = seen.agent
    keys = {key.id: key for key in keys_of("screen") if key.hint}
    first: list[Key] = []
    if seen.needs:
        first.append(keys["need.next"])
    if any(need.kind == "question" for need in seen.needs):
        first.append(keys["message.reply"])
    always = [keys.pop("app.help"), keys.pop("app.leave")]
    rest = [key for key in keys.values() if key not in first]
    pairs = [(key.shown.split()[0], key.hint) for key in [*first, *rest]]
    if agent and agent.ended:
        pairs = [("u", "start again"), *pairs]
    elif agent and agent.waits:
        pairs = [("u", "begin or skip"), *pairs]
    if agent and agent.paused:
        pairs = [("p" if agent.paused == "soft" else "P", "resume"), *(p for p in pairs if p[0] != "p")]
    fixed = [(key.shown.split()[0], key.hint) for key in always]
    return [*pairs[:2], *fixed, *pairs[2:]] if seen.needs else [pairs[0], pairs[1], *fixed, *pairs[2:]]
