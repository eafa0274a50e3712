"""Places in the network."""

from __future__ import annotations

from typing import Literal

from agentmux.room import events as ev
from agentmux.room.fold.on import on
from agentmux.room.state import Egress, State


@on(ev.EgressRefused)
def _egress_refused(state: State, event: ev.EgressRefused) -> None:
    if not event.quiet:
        state.egress[event.agent, event.place] = Egress(event.agent, event.place, "refused", state.at)


@on(ev.EgressGranted)
def _egress_granted(state: State, event: ev.EgressGranted) -> None:
    said: Literal["once", "always"] = "once" if event.once else "always"
    state.egress[event.agent, event.place] = Egress(event.agent, event.place, said, state.at)


@on(ev.EgressDenied)
def _egress_denied(state: State, event: ev.EgressDenied) -> None:
    state.egress[event.agent, event.place] = Egress(event.agent, event.place, "no", state.at)


@on(ev.EgressUsed)
def _egress_used(state: State, event: ev.EgressUsed) -> None:
    state.egress.pop((event.agent, event.place), None)
