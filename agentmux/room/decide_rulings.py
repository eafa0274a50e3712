"""Contested claims: what each choice of the human does, and what both sides are told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from agentmux.room import claims
from agentmux.room import commands as cmd
from agentmux.room.decide_claims import expire, grant, tell_free
from agentmux.room.decision import Decision, Refusal
from agentmux.room.draft import Context, Draft
from agentmux.room.events import Choice, ClaimChanged, ClaimReleased, Mode, RulingSettled, WaitEnded
from agentmux.room.state import Lease, Waiting


class Impossible(Exception):
    """The ruling cannot be: carries the refusal."""

    def __init__(self, reason: str, hint: str = "") -> None:
        super().__init__(reason)
        self.refusal = Refusal(reason, hint)


@dataclass(frozen=True, slots=True)
class Case:
    """What is ruled on: who asks, and the leases that stand in the way now."""

    command: cmd.Rule
    ask: Waiting
    leases: list[Lease]

    @property
    def holders(self) -> list[str]:
        """Everybody who stands in the way, once each."""
        return list(dict.fromkeys(lease.holder for lease in self.leases))


def rule(context: Context, command: cmd.Rule) -> Decision:
    """Settle a contested claim; an asker that stays in line can be ruled on again, if something changes for it."""
    before = Draft(context)
    expire(before)
    ask, ruling = before.state.waiting.get(command.id), before.state.rulings.get(command.id)
    if ask is None or (ruling is None and command.choice in ("keep", "settle")):
        return before.decision(
            refusal=Refusal(
                f"There is nothing to rule on as number {command.id} any more.",
                "It was settled, withdrawn, or nothing stands in its way.",
            )
        )
    draft = Draft(context)
    expire(draft)
    case = Case(command, ask, claims.blockers(draft.state, ask.asker, ask.paths, ask.mode))
    raised = ruling.raised if ruling else ask.since
    draft.add(
        RulingSettled(id=ask.id, choice=command.choice, reason=command.reason, seconds=context.now - raised),
    )
    try:
        CHOICES[command.choice](draft, case)
    except Impossible as error:
        return before.decision(refusal=error.refusal)
    tell_free(draft)
    reply: dict[str, Any] = {"ruled": command.choice}
    if lease := draft.state.claims.get(ask.id):
        reply["granted"] = claims.grant_facts(lease)
    return draft.decision(reply)


def _keep(draft: Draft, case: Case) -> None:
    paths = ", ".join(case.ask.paths)
    _tell_asker(draft, case, f"{_names(case.holders)} keeps {paths}. You stay in line and are told when it is free.")
    _tell_holders(draft, case, f"you keep {paths}; {case.ask.asker} waits in line for it.")


def _settle(draft: Draft, case: Case) -> None:
    paths = ", ".join(case.ask.paths)
    _tell_asker(draft, case, f"settle {paths} with {_names(case.holders)} yourselves, by message. You stay in line.")
    _tell_holders(
        draft, case, f"settle {paths} with {case.ask.asker} yourselves, by message; release it when you agree to."
    )


def _transfer(draft: Draft, case: Case) -> None:
    asker, paths = case.ask.asker, ", ".join(case.ask.paths)
    for lease in case.leases:
        draft.add(ClaimReleased(id=lease.id, why=f"ruling: given to {asker}"))
    _grant(draft, case, case.ask.paths, case.ask.mode)
    _tell_asker(draft, case, f"{paths} is yours now, as claim {case.ask.id}.")
    for holder in case.holders:
        lost = "; ".join(f"{lease.id} ({', '.join(lease.paths)})" for lease in case.leases if lease.holder == holder)
        _tell(draft, case, holder, f"{paths} goes to {asker}. Your claim {lost} is over; leave these files alone.")


def _split(draft: Draft, case: Case) -> None:
    if len(case.holders) != 1:
        raise Impossible(
            f"Number {case.ask.id} cannot be split: {_names(case.holders)} stand in the way.",
            "A split needs one holder; transfer, share or keep.",
        )
    (holder,) = case.holders
    kept, got = _split_paths(case.command)
    lease = next((lease for lease in case.leases if lease.mode == "exclusive"), case.leases[0])
    for other in case.leases:
        if other is not lease:
            draft.add(ClaimReleased(id=other.id, why="ruling: split"))
    draft.add(ClaimChanged(id=lease.id, paths=list(kept), mode=lease.mode))
    _nobody_in_the_way(draft, holder, kept, lease.mode)
    _nobody_in_the_way(draft, case.ask.asker, got, case.ask.mode)
    _grant(draft, case, got, case.ask.mode)
    _tell_asker(draft, case, f"you get {', '.join(got)}, as claim {case.ask.id}; {holder} keeps {', '.join(kept)}.")
    _tell_holders(draft, case, f"you keep {', '.join(kept)}; {case.ask.asker} gets {', '.join(got)}.")


def _share(draft: Draft, case: Case) -> None:
    paths = ", ".join(case.ask.paths)
    for lease in case.leases:
        if lease.mode != "shared":
            draft.add(ClaimChanged(id=lease.id, paths=list(lease.paths), mode="shared"))
    _grant(draft, case, case.ask.paths, "shared")
    _tell_asker(
        draft, case, f"you share {paths} with {_names(case.holders)}, as claim {case.ask.id}. Agree who changes what."
    )
    _tell_holders(draft, case, f"you share {paths} with {case.ask.asker}. Agree who changes what.")


CHOICES: dict[Choice, Callable[[Draft, Case], None]] = {
    "keep": _keep,
    "transfer": _transfer,
    "split": _split,
    "share": _share,
    "settle": _settle,
}


def _grant(draft: Draft, case: Case, paths: tuple[str, ...], mode: Mode) -> None:
    """The asker's place in line becomes a lease with the same number."""
    draft.add(WaitEnded(id=case.ask.id, why="granted"))
    grant(draft, case.ask.id, case.ask.asker, paths, mode, case.ask.intent, case.ask.lease)


def _split_paths(command: cmd.Rule) -> tuple[tuple[str, ...], tuple[str, ...]]:
    try:
        kept, got = claims.normalise(command.holder_paths), claims.normalise(command.asker_paths)
    except ValueError as error:
        raise Impossible(str(error)) from None
    if not kept or not got:
        raise Impossible("A split needs paths for both sides.", "Say what the holder keeps and what the asker gets.")
    if both := claims.first_overlap(kept, got):
        raise Impossible(
            f"A split must not give the same to both: {both[0]} and {both[1]} overlap, for example in {both[2]}."
        )
    return kept, got


def _nobody_in_the_way(draft: Draft, member: str, paths: tuple[str, ...], mode: Mode) -> None:
    if blockers := claims.blockers(draft.state, member, paths, mode):
        lease = blockers[0]
        raise Impossible(
            f"{member} cannot have {', '.join(paths)}: {lease.holder} holds {', '.join(lease.paths)} ({lease.mode}).",
            "Split into paths that nobody else holds.",
        )


def _tell_asker(draft: Draft, case: Case, text: str) -> None:
    _tell(draft, case, case.ask.asker, text)


def _tell_holders(draft: Draft, case: Case, text: str) -> None:
    for holder in case.holders:
        _tell(draft, case, holder, text)


def _tell(draft: Draft, case: Case, member: str, text: str) -> None:
    reason = f" Reason: {case.command.reason}" if case.command.reason else ""
    draft.tell(member, f"The human ruled: {text}{reason}")


def _names(members: list[str]) -> str:
    return " and ".join(members)
