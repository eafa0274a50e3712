"""Checks, merges and tests."""

from __future__ import annotations

from agentmux.room import events as ev
from agentmux.room.fold.on import change_agent, on, wrote
from agentmux.room.state import Branch, Check, CheckResult, State, Tested, changed


@on(ev.CheckPublished)
def _check_published(state: State, event: ev.CheckPublished) -> None:
    wrote(state, event.command, *event.files.values())
    state.checks[event.id] = Check(event.id, state.actor, event.command, event.files)
    state.next_check = max(state.next_check, event.id + 1)


@on(ev.CheckWithdrawn)
def _check_withdrawn(state: State, event: ev.CheckWithdrawn) -> None:
    state.checks.pop(event.id, None)
    for agent in state.agents.values():
        if event.id in agent.failing:
            change_agent(state, agent.name, failing=tuple(number for number in agent.failing if number != event.id))


@on(ev.CheckRan)
def _check_ran(state: State, event: ev.CheckRan) -> None:
    if event.check is not None and (check := state.checks.get(event.check)):
        last = CheckResult(event.agent, event.tree, event.status, state.at, event.seconds, tuple(event.tail))
        state.checks[check.id] = changed(check, last=last)


@on(ev.Merged)
def _merged(state: State, event: ev.Merged) -> None:
    state.branch = Branch(event.branch, event.commit, tuple(event.order), event.passed, event.failed, event.how)
    state.conflicts = {}


@on(ev.MergeRefused)
def _merge_refused(state: State, event: ev.MergeRefused) -> None:
    state.conflicts = dict(event.files)


@on(ev.MergeTried)
def _merge_tried(state: State, event: ev.MergeTried) -> None:
    state.tried = event.how
    state.tested = {key: tested for key, tested in state.tested.items() if tested.agent}


@on(ev.FeatureTested)
def _feature_tested(state: State, event: ev.FeatureTested) -> None:
    state.tested[event.feature, event.agent] = Tested(
        event.feature, event.agent, event.tree, event.holds, event.passed, event.failed, event.log
    )
