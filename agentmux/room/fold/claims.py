"""Claims, who waits for them, and rulings."""

from __future__ import annotations

from agentmux.room import events as ev
from agentmux.room.fold.on import on, wrote
from agentmux.room.state import LAPSED, Lease, Ruling, State, Waiting, changed


@on(ev.ClaimGranted)
def _claim_granted(state: State, event: ev.ClaimGranted) -> None:
    if event.holder == state.actor:
        wrote(state, event.intent, *event.paths)
    state.claims[event.id] = Lease(
        id=event.id,
        holder=event.holder,
        paths=tuple(event.paths),
        mode=event.mode,
        intent=event.intent,
        granted=state.at,
        lease=event.lease,
        until=event.until,
        fence=event.fence,
    )
    state.next_claim = max(state.next_claim, event.id + 1)
    state.next_fence = max(state.next_fence, event.fence + 1)
    state.granted += 1


@on(ev.ClaimRefused)
def _claim_refused(state: State, event: ev.ClaimRefused) -> None:
    if event.asker == state.actor:
        wrote(state, event.intent, *event.paths)
    state.waiting[event.id] = Waiting(
        id=event.id,
        asker=event.asker,
        paths=tuple(event.paths),
        mode=event.mode,
        intent=event.intent,
        lease=event.lease,
        since=state.at,
        behind=tuple(event.behind),
    )
    state.next_claim = max(state.next_claim, event.id + 1)
    state.refused += 1


@on(ev.ClaimRenewed)
def _claim_renewed(state: State, event: ev.ClaimRenewed) -> None:
    if lease := state.claims.get(event.id):
        state.claims[event.id] = changed(lease, until=event.until)
        if lease.holder == state.actor:
            wrote(state)


@on(ev.ClaimChanged)
def _claim_changed(state: State, event: ev.ClaimChanged) -> None:
    if lease := state.claims.get(event.id):
        state.claims[event.id] = changed(lease, paths=tuple(event.paths), mode=event.mode)


@on(ev.ClaimReleased)
@on(ev.ClaimExpired)
def _claim_ended(state: State, event: ev.ClaimReleased | ev.ClaimExpired) -> None:
    if lease := state.claims.pop(event.id, None):
        state.lapsed = [*state.lapsed[1 - LAPSED :], (state.at, lease)]
    state.trespasses = {key: paths for key, paths in state.trespasses.items() if key[0] != event.id}


@on(ev.WaitEnded)
def _wait_ended(state: State, event: ev.WaitEnded) -> None:
    state.waiting.pop(event.id, None)
    state.rulings.pop(event.id, None)


@on(ev.RulingRaised)
def _ruling_raised(state: State, event: ev.RulingRaised) -> None:
    state.rulings[event.id] = Ruling(event.id, event.asker, tuple(event.holders), tuple(event.paths), state.at)


@on(ev.RulingSettled)
def _ruling_settled(state: State, event: ev.RulingSettled) -> None:
    state.rulings.pop(event.id, None)
