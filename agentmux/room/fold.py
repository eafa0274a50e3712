"""From events to the state. Each event costs about the same, however long the log is."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable
from typing import Any, Literal

from agentmux.room import events as ev
from agentmux.room.events import Recorded
from agentmux.room.fill import Fill
from agentmux.room.state import (
    LAPSED,
    Agent,
    Branch,
    Budget,
    Check,
    CheckResult,
    Egress,
    Lease,
    Message,
    NoteLine,
    Permission,
    Receipt,
    Ruling,
    State,
    Task,
    Tested,
    Waiting,
    changed,
)

Handler = Callable[[State, Any], None]
"""Changes the state by one event; the state's `at` and `actor` are the event's already."""
HANDLERS: dict[type[ev.Event], Handler] = {}


def fold(events: Iterable[Recorded], state: State | None = None) -> State:
    """Apply the events, in order, to the given state (in place) or to an empty one, and return it.

    Events that change nothing in the state, or that this program does not know, move only its `seq` and `at`.
    """
    if state is None:
        state = fold(events, State(unseen=True))
        state.unseen = False
        return state
    for recorded in events:
        apply(state, recorded)
    return state


def apply(state: State, recorded: Recorded) -> None:
    """Apply one event in place."""
    state.seq = recorded.seq
    state.at = recorded.at
    state.actor = recorded.actor
    if handler := HANDLERS.get(type(recorded.event)):
        handler(state, recorded.event)


def _on(kind: type[ev.Event]) -> Callable[[Handler], Handler]:
    def register(handler: Handler) -> Handler:
        HANDLERS[kind] = handler
        return handler

    return register


# -- the session ------------------------------------------------------------------------------------------------


@_on(ev.SessionCreated)
def _created(state: State, event: ev.SessionCreated) -> None:
    state.session, state.repo, state.base = event.session, event.repo, event.base
    state.layout, state.sandbox, state.task, state.created = event.layout, event.sandbox, event.task, state.at
    state.features = tuple(event.features)
    state.flow = event.flow
    state.agents = {name: Agent(name, event.profiles.get(name, ""), since=state.at) for name in event.agents}


@_on(ev.RoomStarted)
def _room_started(state: State, event: ev.RoomStarted) -> None:
    state.room_pid, state.stopped, state.failed = event.pid, False, ""
    state.permissions.clear()  # who waited for an answer waited at the room before


@_on(ev.Progress)
def _progress(state: State, event: ev.Progress) -> None:
    state.progress[event.step] = (event.text, event.done)


@_on(ev.Warned)
def _warned(state: State, event: ev.Warned) -> None:
    state.warnings.append((state.at, event.text))


@_on(ev.SessionFailed)
def _failed(state: State, event: ev.SessionFailed) -> None:
    state.failed = event.reason


@_on(ev.SessionStopped)
def _stopped(state: State, _event: ev.SessionStopped) -> None:
    state.stopped, state.room_pid = True, None


@_on(ev.SessionImported)
def _imported(state: State, event: ev.SessionImported) -> None:
    state.stopped, state.room_pid, state.imported = True, None, event.origin


# -- agents -----------------------------------------------------------------------------------------------------


def _agent(session: State, name: str, **changes: Any) -> None:
    if agent := session.agents.get(name):
        if session.unseen:
            vars(agent).update(changes)
        else:
            session.agents[name] = changed(agent, **changes)


@_on(ev.AgentSetUp)
def _agent_set_up(state: State, event: ev.AgentSetUp) -> None:
    _agent(state, event.agent, set_up=event.status == 0, setup_tail=tuple(event.tail))


@_on(ev.AgentStarted)
def _agent_started(state: State, event: ev.AgentStarted) -> None:
    _agent(
        state,
        event.agent,
        state="starting",
        since=state.at,
        why="",
        saw="",
        waits="",
        skipped=False,
        pane=event.pane,
        container=event.container,
        started=state.at,
        paused=None,
        pause_why="",
        fill=Fill(),
        exit_status=None,
        exit_signal=None,
        trouble=None,
    )


@_on(ev.AgentStateChanged)
def _agent_state(state: State, event: ev.AgentStateChanged) -> None:
    if agent := state.agents.get(event.agent):
        since = agent.since if agent.state == event.state else state.at
        _agent(
            state,
            agent.name,
            state=event.state,
            why=event.why,
            saw=event.saw,
            since=since,
            worked=agent.worked or event.state == "working",
            trouble=_still_in_trouble(agent, event.state),
        )


def _still_in_trouble(agent: Agent, state: ev.AgentState) -> ev.Trouble | None:
    """Silence is over with the work; that memory ran out is worth knowing until the next work begins."""
    passed = {"silent": True, "memory": state == "working", "disk": False, None: True}[agent.trouble]
    return None if passed and agent.state != state else agent.trouble


@_on(ev.TurnAwaited)
def _turn_awaited(state: State, event: ev.TurnAwaited) -> None:
    _agent(state, event.agent, waits=event.after, why=f"waits until {event.after} is done")


@_on(ev.TurnBegan)
def _turn_began(state: State, event: ev.TurnBegan) -> None:
    _agent(
        state,
        event.agent,
        waits="",
        why=f"goes on from the work of {event.after}",
        after=event.after,
        start=event.start,
        start_tree=event.tree,
    )


@_on(ev.TurnSkipped)
def _turn_skipped(state: State, event: ev.TurnSkipped) -> None:
    _agent(state, event.agent, state="done", since=state.at, waits="", why="skipped", skipped=True)


@_on(ev.TurnDone)
def _turn_done(state: State, event: ev.TurnDone) -> None:
    if agent := state.agents.get(event.agent):
        held_back = agent.held_back + 1 if event.failing else 0
        done = {"done_tree": event.tree, "done_at": state.at, "failing": tuple(event.failing)}
        _agent(state, event.agent, held_back=held_back, **done)


@_on(ev.AgentExited)
def _agent_exited(state: State, event: ev.AgentExited) -> None:
    _agent(state, event.agent, exit_status=event.status, exit_signal=event.signal, paused=None, trouble=None)


@_on(ev.AgentInTrouble)
def _agent_in_trouble(state: State, event: ev.AgentInTrouble) -> None:
    _agent(state, event.agent, trouble=event.what, trouble_text=event.text)


@_on(ev.TroubleOver)
def _trouble_over(state: State, event: ev.TroubleOver) -> None:
    _agent(state, event.agent, trouble=None)


@_on(ev.TaskTyped)
def _task_typed(state: State, event: ev.TaskTyped) -> None:
    _agent(state, event.agent, tasked=state.at)


@_on(ev.AgentPaused)
def _agent_paused(state: State, event: ev.AgentPaused) -> None:
    if agent := state.agents.get(event.agent):
        _agent(
            state,
            agent.name,
            state="paused",
            since=state.at,
            paused=event.how,
            paused_at=state.at,
            pause_why=event.why,
            before_pause=agent.state,
        )


@_on(ev.AgentResumed)
def _agent_resumed(state: State, event: ev.AgentResumed) -> None:
    if agent := state.agents.get(event.agent):
        _agent(state, agent.name, state=agent.before_pause, since=state.at, paused=None, pause_why="")


@_on(ev.PaneHeld)
def _pane_held(state: State, event: ev.PaneHeld) -> None:
    _agent(state, event.agent, held=event.how, held_at=state.at, viewer=event.viewer)


@_on(ev.PaneReleased)
def _pane_released(state: State, event: ev.PaneReleased) -> None:
    if agent := state.agents.get(event.agent):
        _agent(state, agent.name, held=None, held_seconds=agent.held_seconds + event.seconds)


@_on(ev.PaneResized)
def _pane_resized(state: State, event: ev.PaneResized) -> None:
    _agent(state, event.agent, size=(event.columns, event.rows))


@_on(ev.ModelUsed)
def _model_used(state: State, event: ev.ModelUsed) -> None:
    if agent := state.agents.get(event.agent):
        _agent(
            state,
            agent.name,
            tokens_in=agent.tokens_in + event.tokens_in,
            tokens_cached=agent.tokens_cached + event.cached,
            tokens_out=agent.tokens_out + event.tokens_out,
            usd=agent.usd + (event.cost or 0.0),
            unpriced=agent.unpriced + (event.tokens_in + event.tokens_out if event.cost is None else 0),
            fill=agent.fill.after(event.model, event.tokens_in, event.window),
            records={**agent.records, event.record: event.position} if event.record else agent.records,
        )


@_on(ev.BudgetSet)
def _budget_set(state: State, event: ev.BudgetSet) -> None:
    limited = event.tokens or event.usd
    _budget(state, event.agent, Budget(event.tokens, event.usd, event.warn, event.stop) if limited else None)


@_on(ev.BudgetReached)
def _budget_reached(state: State, event: ev.BudgetReached) -> None:
    agent = state.agents.get(event.agent) if event.agent else None
    if known := agent.budget if agent else state.budget:
        _budget(state, event.agent, changed(known, level=event.level))


def _budget(state: State, agent: str | None, budget: Budget | None) -> None:
    if agent is None:
        state.budget = budget
    else:
        _agent(state, agent, budget=budget)


@_on(ev.EgressRefused)
def _egress_refused(state: State, event: ev.EgressRefused) -> None:
    if not event.quiet:
        state.egress[event.agent, event.place] = Egress(event.agent, event.place, "refused", state.at)


@_on(ev.EgressGranted)
def _egress_granted(state: State, event: ev.EgressGranted) -> None:
    said: Literal["once", "always"] = "once" if event.once else "always"
    state.egress[event.agent, event.place] = Egress(event.agent, event.place, said, state.at)


@_on(ev.EgressDenied)
def _egress_denied(state: State, event: ev.EgressDenied) -> None:
    state.egress[event.agent, event.place] = Egress(event.agent, event.place, "no", state.at)


@_on(ev.EgressUsed)
def _egress_used(state: State, event: ev.EgressUsed) -> None:
    state.egress.pop((event.agent, event.place), None)


def _wrote(state: State, *texts: str | None) -> None:
    """The event's doer wrote these texts; `pace.py` reads it."""
    minute, writes, size = state.written.get(state.actor, (0, 0, 0))
    now = int(state.at // 60)
    writes, size = (writes, size) if minute == now else (0, 0)
    state.written[state.actor] = now, writes + 1, size + sum(len(text.encode()) for text in texts if text)


# -- permissions ------------------------------------------------------------------------------------------------


@_on(ev.PermissionAsked)
def _permission_asked(state: State, event: ev.PermissionAsked) -> None:
    state.permissions[event.id] = Permission(
        event.id, event.agent, event.tool, event.what, event.covers, since=state.at
    )
    state.next_permission = max(state.next_permission, event.id + 1)


@_on(ev.PermissionAnswered)
def _permission_answered(state: State, event: ev.PermissionAnswered) -> None:
    asked = state.permissions.pop(event.id, None)
    if asked and asked.covers and event.answer == "always":
        state.permitted.add((asked.agent, asked.tool, asked.covers))


@_on(ev.PermissionWithdrawn)
def _permission_withdrawn(state: State, event: ev.PermissionWithdrawn) -> None:
    state.permissions.pop(event.id, None)


# -- messages ---------------------------------------------------------------------------------------------------


@_on(ev.MessageSent)
def _message_sent(state: State, event: ev.MessageSent) -> None:
    sender = event.sender or state.actor
    if sender == state.actor:
        _wrote(state, event.text, event.default)
    recipients = state.recipients(sender, event.to)
    state.messages[event.id] = Message(
        id=event.id,
        at=state.at,
        sender=sender,
        to=event.to,
        text=event.text,
        ask=event.ask,
        default=event.default,
        reply_to=event.reply_to,
        via=event.via,
        receipts=dict.fromkeys(recipients, Receipt()),
    )
    state.next_message = max(state.next_message, event.id + 1)
    for member in recipients:
        state.unread.setdefault(member, []).append(event.id)
    question = state.messages.get(event.reply_to) if event.reply_to is not None else None
    if question is not None and question.ask:
        # Who follows up on a question of its own has had the answer elsewhere.
        for member in question.receipts if sender == question.sender else [sender]:
            _receipt(state, question.id, member, answered=state.at)


@_on(ev.MessageDelivered)
def _message_delivered(state: State, event: ev.MessageDelivered) -> None:
    _receipt(state, event.id, event.member, delivered=state.at, problem="")


@_on(ev.MessageRead)
def _message_read(state: State, event: ev.MessageRead) -> None:
    _receipt(state, event.id, event.member, read=state.at)
    _agent(state, event.member, heard=state.at)
    unread = state.unread.get(event.member, [])
    place = bisect_left(unread, event.id)
    if place < len(unread) and unread[place] == event.id:
        del unread[place]


@_on(ev.DeliveryFailed)
def _delivery_failed(state: State, event: ev.DeliveryFailed) -> None:
    _receipt(state, event.id, event.member, problem=event.why)


def _receipt(state: State, id_: int, member: str, **changes: Any) -> None:
    message = state.messages.get(id_)
    if message is not None and member in message.receipts:
        receipt = changed(message.receipts[member], **changes)
        if state.unseen:
            message.receipts[member] = receipt
        else:
            state.messages[id_] = changed(message, receipts={**message.receipts, member: receipt})


# -- claims -----------------------------------------------------------------------------------------------------


@_on(ev.ClaimGranted)
def _claim_granted(state: State, event: ev.ClaimGranted) -> None:
    if event.holder == state.actor:
        _wrote(state, event.intent, *event.paths)
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


@_on(ev.ClaimRefused)
def _claim_refused(state: State, event: ev.ClaimRefused) -> None:
    if event.asker == state.actor:
        _wrote(state, event.intent, *event.paths)
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


@_on(ev.ClaimRenewed)
def _claim_renewed(state: State, event: ev.ClaimRenewed) -> None:
    if lease := state.claims.get(event.id):
        state.claims[event.id] = changed(lease, until=event.until)
        if lease.holder == state.actor:
            _wrote(state)


@_on(ev.ClaimChanged)
def _claim_changed(state: State, event: ev.ClaimChanged) -> None:
    if lease := state.claims.get(event.id):
        state.claims[event.id] = changed(lease, paths=tuple(event.paths), mode=event.mode)


@_on(ev.ClaimReleased)
@_on(ev.ClaimExpired)
def _claim_ended(state: State, event: ev.ClaimReleased | ev.ClaimExpired) -> None:
    if lease := state.claims.pop(event.id, None):
        state.lapsed = [*state.lapsed[1 - LAPSED :], (state.at, lease)]
    state.trespasses = {key: paths for key, paths in state.trespasses.items() if key[0] != event.id}


@_on(ev.WaitEnded)
def _wait_ended(state: State, event: ev.WaitEnded) -> None:
    state.waiting.pop(event.id, None)
    state.rulings.pop(event.id, None)


@_on(ev.RulingRaised)
def _ruling_raised(state: State, event: ev.RulingRaised) -> None:
    state.rulings[event.id] = Ruling(event.id, event.asker, tuple(event.holders), tuple(event.paths), state.at)


@_on(ev.RulingSettled)
def _ruling_settled(state: State, event: ev.RulingSettled) -> None:
    state.rulings.pop(event.id, None)


# -- snapshots --------------------------------------------------------------------------------------------------


@_on(ev.SnapshotTaken)
def _snapshot_taken(state: State, event: ev.SnapshotTaken) -> None:
    _agent(state, event.agent, tree=event.tree)


@_on(ev.Trespassed)
def _trespassed(state: State, event: ev.Trespassed) -> None:
    if event.claim in state.claims:
        key = event.claim, event.agent
        state.trespasses[key] = state.trespasses.get(key, frozenset()) | frozenset(event.paths)


# -- tasks, notes, merging --------------------------------------------------------------------------------------


@_on(ev.TaskAdded)
def _task_added(state: State, event: ev.TaskAdded) -> None:
    _wrote(state, event.title, event.text)
    state.tasks[event.id] = Task(event.id, event.title, event.text, by=state.actor)
    state.next_task = max(state.next_task, event.id + 1)


@_on(ev.TaskChanged)
def _task_changed(state: State, event: ev.TaskChanged) -> None:
    _wrote(state, event.text)
    if task := state.tasks.get(event.id):
        owner = None if event.status == "open" else event.owner or task.owner
        text = task.text if event.text is None else event.text
        state.tasks[event.id] = changed(task, status=event.status or task.status, owner=owner, text=text)


@_on(ev.NoteAdded)
def _note_added(state: State, event: ev.NoteAdded) -> None:
    _wrote(state, event.text)
    state.notes.append(NoteLine(state.at, state.actor, event.text))


@_on(ev.CheckPublished)
def _check_published(state: State, event: ev.CheckPublished) -> None:
    _wrote(state, event.command, *event.files.values())
    state.checks[event.id] = Check(event.id, state.actor, event.command, event.files)
    state.next_check = max(state.next_check, event.id + 1)


@_on(ev.CheckWithdrawn)
def _check_withdrawn(state: State, event: ev.CheckWithdrawn) -> None:
    state.checks.pop(event.id, None)
    for agent in state.agents.values():
        if event.id in agent.failing:
            _agent(state, agent.name, failing=tuple(number for number in agent.failing if number != event.id))


@_on(ev.CheckRan)
def _check_ran(state: State, event: ev.CheckRan) -> None:
    if event.check is not None and (check := state.checks.get(event.check)):
        last = CheckResult(event.agent, event.tree, event.status, state.at, event.seconds, tuple(event.tail))
        state.checks[check.id] = changed(check, last=last)


@_on(ev.Merged)
def _merged(state: State, event: ev.Merged) -> None:
    state.branch = Branch(event.branch, event.commit, tuple(event.order), event.passed, event.failed, event.how)
    state.conflicts = {}


@_on(ev.MergeRefused)
def _merge_refused(state: State, event: ev.MergeRefused) -> None:
    state.conflicts = dict(event.files)


@_on(ev.MergeTried)
def _merge_tried(state: State, event: ev.MergeTried) -> None:
    state.tried = event.how
    state.tested = {key: tested for key, tested in state.tested.items() if tested.agent}


@_on(ev.FeatureTested)
def _feature_tested(state: State, event: ev.FeatureTested) -> None:
    state.tested[event.feature, event.agent] = Tested(
        event.feature, event.agent, event.tree, event.holds, event.passed, event.failed, event.log
    )
