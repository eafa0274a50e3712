"""Claims: granting, refusing, releasing, renewing and expiring leases, and telling who waited for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from agentmux.room import claims
from agentmux.room import commands as cmd
from agentmux.room.decision import Decision, Refusal, refuse
from agentmux.room.draft import Context, Draft
from agentmux.room.events import (
    ClaimExpired,
    ClaimGranted,
    ClaimRefused,
    ClaimReleased,
    ClaimRenewed,
    Mode,
    RulingRaised,
    WaitEnded,
)
from agentmux.room.state import YOU, Lease, State, Waiting
from agentmux.room.who import bad_text, no_agent


def claim(context: Context, command: cmd.Claim) -> Decision:
    """All the paths or none; who gets none waits in line, and the human is asked to rule."""
    if command.intent and (problem := bad_text("The intent", command.intent)):
        return problem
    if not command.paths:
        return refuse("A claim needs at least one path.")
    if len(command.paths) > claims.PATHS_LIMIT:
        return refuse(
            f"A claim may name {claims.PATHS_LIMIT} paths, not {len(command.paths)}.",
            "Use a pattern such as 'src/api/**'.",
        )
    try:
        paths = claims.normalise(command.paths)
    except ValueError as error:
        return refuse(str(error), "Write paths like 'src/api', '*.py', 'app.py#Room' or 'app.py:10-40'.")
    draft = Draft(context)
    expire(draft)
    if held := claims.covering(draft.state, context.actor, paths, command.mode):
        return _renew(draft, held, command.lease or held.lease)
    if len(claims.leases_of(draft.state, context.actor)) + len(claims.waits_of(draft.state, context.actor)) >= (
        claims.CLAIMS_LIMIT
    ):
        return draft.decision(refusal=_too_many(context.actor))
    if claims.weight(draft.state, context.actor, paths) > claims.WEIGHT_LIMIT:
        return draft.decision(refusal=_too_hard(context.actor))
    lease = command.lease or claims.DEFAULT_LEASE
    if blockers := claims.blockers(draft.state, context.actor, paths, command.mode):
        ask = Waiting(
            draft.state.next_claim,
            context.actor,
            paths,
            command.mode,
            command.intent,
            lease,
            context.now,
            _ids(blockers),
        )
        return _stand_in_line(draft, ask, blockers)
    granted = grant(draft, draft.state.next_claim, context.actor, paths, command.mode, command.intent, lease)
    return draft.decision({"granted": claims.grant_facts(granted)})


def release(context: Context, command: cmd.Release) -> Decision:
    """One's own leases and places in line end; the human may end anybody's by its number."""
    draft = Draft(context)
    expire(draft)
    leases = [lease for lease in draft.state.claims.values() if context.actor in (lease.holder, YOU)]
    waits = [waiting for waiting in draft.state.waiting.values() if context.actor in (waiting.asker, YOU)]
    if command.id is not None:
        leases = [lease for lease in leases if lease.id == command.id]
        waits = [waiting for waiting in waits if waiting.id == command.id]
        if not leases and not waits:
            return draft.decision(refusal=_not_yours(draft.state, command.id))
    else:
        leases = [lease for lease in leases if lease.holder == context.actor]
        waits = [waiting for waiting in waits if waiting.asker == context.actor]
    if command.id is None and command.paths:
        try:
            named = set(claims.normalise(command.paths))
        except ValueError as error:
            return draft.decision(refusal=Refusal(str(error)))
        leases = [lease for lease in leases if named.issuperset(lease.paths)]
        waits = [waiting for waiting in waits if named.issuperset(waiting.paths)]
        if not leases and not waits:
            return draft.decision(refusal=Refusal(f"You hold no claim on {', '.join(sorted(named))}."))
    for lease in leases:
        draft.add(
            ClaimReleased(
                id=lease.id, why="released" if lease.holder == context.actor else f"released by {context.actor}"
            )
        )
    for waiting in waits:
        draft.add(WaitEnded(id=waiting.id, why="withdrawn"))
    tell_free(draft)
    return draft.decision({"released": [*(lease.id for lease in leases), *(waiting.id for waiting in waits)]})


def touched(context: Context, command: cmd.Touched) -> Decision:
    """Work inside a claim renews it, if that is worth an event."""
    if problem := no_agent(context.state, command.agent):
        return problem
    draft = Draft(context)
    expire(draft)
    renew_touched(draft, command.agent, command.paths)
    return draft.decision()


def tick(context: Context, _command: cmd.Tick) -> Decision:
    """What ran out ends."""
    if not claims.expired(context.state, context.now):
        return Decision()
    draft = Draft(context)
    expire(draft)
    return draft.decision()


# -- steps that other rules take, too ---------------------------------------------------------------------------


def expire(draft: Draft) -> None:
    """End the leases that ran out, and tell who waited for them."""
    if ended := claims.expired(draft.state, draft.now):
        for lease in ended:
            draft.add(ClaimExpired(id=lease.id))
        tell_free(draft)


def renew_touched(draft: Draft, agent: str, paths: Sequence[str]) -> None:
    """Renew the agent's claims around these files, where that is worth an event."""
    for lease in claims.leases_of(draft.state, agent):
        worth = draft.now + lease.lease - lease.until >= claims.WORTH_RENEWING * lease.lease
        if worth and claims.touches(lease, paths):
            draft.add(ClaimRenewed(id=lease.id, until=draft.now + lease.lease))


def tell_free(draft: Draft) -> None:
    """Tell everybody in line whom nothing stands in the way of any more; their wait, and their ruling, is over."""
    for waiting in claims.free(draft.state):
        draft.add(WaitEnded(id=waiting.id, why="free"))
        draft.tell(
            waiting.asker, f"{', '.join(waiting.paths)}: nobody is in your way any more. Claim it again if you need it."
        )


def drop_claims(draft: Draft, member: str) -> None:
    """The member is gone: end its leases and its places in line, and tell who waited for them."""
    for lease in claims.leases_of(draft.state, member):
        draft.add(ClaimReleased(id=lease.id, why=f"{member} has ended"))
    for waiting in claims.waits_of(draft.state, member):
        draft.add(WaitEnded(id=waiting.id, why=f"{member} has ended"))
    tell_free(draft)


def grant(draft: Draft, id_: int, holder: str, paths: tuple[str, ...], mode: Mode, intent: str, lease: float) -> Lease:
    """Grant a lease; it replaces the holder's own leases and places in line that it covers."""
    for own in claims.leases_of(draft.state, holder):
        if claims.covers(paths, mode, own.paths, own.mode):
            draft.add(ClaimReleased(id=own.id, why=f"part of claim {id_}"))
    for waiting in claims.waits_of(draft.state, holder):
        if claims.covers(paths, mode, waiting.paths, waiting.mode):
            draft.add(WaitEnded(id=waiting.id, why="granted"))
    draft.add(
        ClaimGranted(
            id=id_,
            holder=holder,
            paths=list(paths),
            mode=mode,
            intent=intent,
            lease=lease,
            until=draft.now + lease,
            fence=draft.state.next_fence,
        )
    )
    return draft.state.claims[id_]


# -- parts ------------------------------------------------------------------------------------------------------


def _too_many(member: str) -> Refusal:
    return Refusal(
        f"{member} holds or waits for {claims.CLAIMS_LIMIT} claims; more are not allowed.",
        "Release what you do not need, or claim a folder instead of its files.",
    )


def _too_hard(member: str) -> Refusal:
    return Refusal(
        f"With this claim, {member} would name too many paths or patterns to compare with those of others.",
        "Release what you do not need, claim a folder instead of its files, or use fewer wildcards.",
    )


def _renew(draft: Draft, held: Lease, lease: float) -> Decision:
    until = draft.now + lease
    if until > held.until:
        draft.add(ClaimRenewed(id=held.id, until=until))
        held = replace(held, until=until)
    return draft.decision({"granted": claims.grant_facts(held)})


def _stand_in_line(draft: Draft, ask: Waiting, blockers: list[Lease]) -> Decision:
    """Refuse; the asker has one place in line for these paths, and the human is asked once."""
    before = claims.in_line(draft.state, ask.asker, ask.paths)
    if before and before.mode == ask.mode:
        return draft.decision(refusal=_in_the_way(before.id, blockers, draft.now))
    if before:
        draft.add(WaitEnded(id=before.id, why=f"asked again, {ask.mode}"))
    draft.add(
        ClaimRefused(
            id=ask.id,
            asker=ask.asker,
            paths=list(ask.paths),
            mode=ask.mode,
            intent=ask.intent,
            lease=ask.lease,
            behind=list(ask.behind),
        )
    )
    holders = list(dict.fromkeys(lease.holder for lease in blockers))
    draft.add(RulingRaised(id=ask.id, asker=ask.asker, holders=holders, paths=list(ask.paths)))
    return draft.decision(refusal=_in_the_way(ask.id, blockers, draft.now))


def _in_the_way(number: int, blockers: list[Lease], now: float) -> Refusal:
    facts: dict[str, Any] = {"waiting": number, "blockers": [claims.blocker_facts(lease, now) for lease in blockers]}
    held = "; ".join(f"{lease.holder} holds {', '.join(lease.paths)} ({lease.mode})" for lease in blockers)
    return Refusal(
        f"Nothing was granted: {held}.",
        f"You wait in line as number {number} and are told when it is free. Work on something else, or talk to them.",
        facts,
    )


def _not_yours(state: State, id_: int) -> Refusal:
    if lease := state.claims.get(id_):
        return Refusal(f"Claim {id_} belongs to {lease.holder}.")
    if waiting := state.waiting.get(id_):
        return Refusal(f"Claim {id_} is {waiting.asker}'s place in line.")
    return Refusal(f"There is no claim {id_}.", "It was released or has expired.")


def _ids(leases: list[Lease]) -> tuple[int, ...]:
    return tuple(lease.id for lease in leases)
