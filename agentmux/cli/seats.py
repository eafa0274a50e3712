"""Who takes part: a layout's seats, and what `--agents` says about them."""

from __future__ import annotations

from collections.abc import Callable

from pydantic import ValidationError

from agentmux.config import AgentSpec, Layout, Permissions, Profile, Seat
from agentmux.errors import UsageError

NAMES = ("ada", "bob", "eve", "dan", "fay", "gus", "ivy", "joe")
"""For agents beyond the layout's seats."""
EXAMPLE = "Write profiles, or names with profiles: --agents claude,codex or --agents ada=claude,bob=codex."


def seat_agents(layout: Layout, wanted: str, profile: Callable[[str], Profile]) -> tuple[Layout, list[AgentSpec]]:
    """The layout with exactly the agents that were asked for, and each agent resolved.

    Args:
        layout: gives names, tasks and budgets.
        wanted: `claude,codex` fills its seats in order, `ada=claude` names the agent; empty for the layout's own.
        profile: finds a profile by name.

    Raises:
        UsageError: a name is there twice or is no name for an agent, or there are too many agents.
        UnknownName: there is no such profile.
    """
    seats = _seats(layout, wanted) if wanted else layout.agents
    specs = [
        AgentSpec(name=seat.name, profile_name=seat.profile, profile=profile(seat.profile), task=seat.task or "")
        for seat in seats
    ]
    return layout.model_copy(update={"agents": seats}), specs


def check_seats(specs: list[AgentSpec], sandbox: str, permissions: Permissions = "bypass") -> None:
    """Raise UsageError for an agent that cannot run in this sandbox.

    Raises MissingProgram where the sandbox runs this machine's programs and an agent's is not among them.
    """
    from agentmux.sandbox import programs

    if sandbox == "process" and (spec := next((spec for spec in specs if spec.profile.needs_isolation), None)):
        raise UsageError(
            f"{spec.name} ({spec.profile.title}) does not run as a plain process.",
            "Start it with --sandbox docker, podman or bubblewrap.",
        )
    if sandbox == "bubblewrap":
        for spec in specs:
            programs.find(spec.profile.command[0])
    if permissions == "ask" and (spec := next((spec for spec in specs if not spec.profile.permissions), None)):
        raise UsageError(
            f"{spec.name} ({spec.profile.title}) cannot be told to ask for permission.",
            "Take another profile for it, or a layout with `permissions: bypass`.",
        )


def _seats(layout: Layout, wanted: str) -> list[Seat]:
    pairs = [_pair(item.strip()) for item in wanted.split(",")]
    if len(pairs) > len(NAMES):
        raise UsageError(f"A session has at most {len(NAMES)} agents, not {len(pairs)}.")
    named = [name for name, _ in pairs if name]
    if twice := next((name for name in named if named.count(name) > 1), None):
        raise UsageError(f"Two agents are called '{twice}'.", "Give each a name of its own.")
    seats = {seat.name: seat for seat in layout.agents}
    free = iter(name for name in dict.fromkeys([*seats, *NAMES]) if name not in named)
    return [_seat(name or next(free), profile, seats) for name, profile in pairs]


def _pair(item: str) -> tuple[str, str]:
    """A name, empty if none was given, and a profile."""
    name, equals, profile = item.rpartition("=")
    if not profile or (equals and not name):
        raise UsageError(f"'{item}' is no agent.", EXAMPLE)
    return name, profile


def _seat(name: str, profile: str, known: dict[str, Seat]) -> Seat:
    if seat := known.get(name):
        return seat.model_copy(update={"profile": profile})
    try:
        return Seat(name=name, profile=profile)
    except ValidationError as err:
        why = err.errors()[0]["msg"].removeprefix("Value error, ")
        raise UsageError(f"'{name}' is no name for an agent: {why}.", EXAMPLE) from err
