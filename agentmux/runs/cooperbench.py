"""CooperBench's logs: `logs/RUN/SETTING/REPO_task/TASK/f1_f2/`, a folder for each pair of features.

Format: cooperbench/runner/{coop,solo}.py and eval/evaluate.py of https://github.com/cooperbench/CooperBench at 44b4a7a:
`result.json`, `agentN_traj.json` and `agentN.patch` for the agent of feature N (`solo_traj.json`, `solo.patch`),
`conversation.json` with what was sent, and `eval.json` with the merge and the tests. Its times of the day are taken for
UTC where a log has no others.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from agentmux.errors import ConfigError
from agentmux.foreign import content
from agentmux.room import events as ev
from agentmux.runs.run import LIMIT, Member, Run, Sent, lasted, load, mapping, moment, number, rows, word
from agentmux.runs.trajectory import price, text_of, turns

RESULT = "result.json"
NEVER = ("claims", "human", "message_kinds", "unanswered", "answer_latency")
"""Chapters and metrics of which these runs have nothing: no claims, nobody who watched, no questions marked as such."""
KINDS = (ev.MessageDelivered.kind, ev.MessageRead.kind, ev.SnapshotTaken.kind)
MERGES: dict[tuple[str, str], ev.MergeHow] = {
    ("clean", "naive"): "clean",
    ("conflicts", "union"): "union",
    ("conflicts", "naive"): "conflict",
    ("missing_input", "naive"): "missing",
    ("missing_input", "union"): "missing",
}
"""From its words for how the merge went, and by which strategy, to ours; anything else says nothing."""


def read(path: Path) -> Iterator[Run]:
    """The run in a folder, or every run below it; raises ConfigError."""
    if path.is_file():
        raise ConfigError(f"{path}: this is a file.", f"Name the folder with {RESULT}, or one above it.")
    for file in sorted(path.rglob(RESULT)):
        yield _run(file.parent, mapping(load(file)))


def _run(folder: Path, result: dict[str, Any]) -> Run:
    results = _results(result)
    if not results:
        raise ConfigError(f"{folder / RESULT}: there are no agents.")
    asked = result.get("features")
    features = [f"f{number(one)}" for one in asked] if isinstance(asked, list) else []
    members = [_member(folder, name, agent, features, result) for name, agent in results.items()]
    names = [member.name for member in members]
    judged = mapping(load(folder / "eval.json")) if (folder / "eval.json").is_file() else {}
    tested, logs = _tested(judged, features)
    uncounted = any(_uncounted(member, number(results[member.name].get("steps"))) for member in members)
    setting = word(result.get("setting")) or ("solo" if len(names) == 1 else "coop")
    facts = {key: result.get(key) for key in ("run_id", "model", "agent_framework", "total_cost", "total_steps")}
    return Run(
        source="cooperbench",
        name="/".join([setting, word(result.get("repo")), str(number(result.get("task_id"))), "+".join(features)]),
        members=members,
        began=moment(result.get("started_at")),
        sent=_sent(folder, names),
        features=features,
        after=[*_merged(judged, names), *tested],
        files={**logs, **{f"{member.name}.patch": member.patch for member in members if member.patch}},
        facts={**facts, "duration_seconds": result.get("duration_seconds"), "both_passed": judged.get("both_passed")},
        untold=[
            *NEVER,
            *KINDS,
            *([] if (folder / "conversation.json").is_file() or len(names) == 1 else [ev.MessageSent.kind]),
            *([] if lasted(members) else [ev.AgentStarted.kind]),
            *([ev.ModelUsed.kind] if uncounted else []),
            *([] if judged else ["outcome"]),
        ],
    )


def _results(result: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """What is said of each agent; a solo run has one, under its own key."""
    if agents := mapping(result.get("agents")):
        return {name: mapping(agent) for name, agent in agents.items()}
    return {"solo": mapping(result.get("agent"))} if "agent" in result else {}


def _member(folder: Path, name: str, agent: dict[str, Any], features: Sequence[str], result: dict[str, Any]) -> Member:
    own = number(agent.get("feature_id"))
    stem = f"agent{own}" if own else "solo"
    file = folder / f"{stem}_traj.json"
    log = mapping(load(file)) if file.is_file() else {}
    status, error = word(agent.get("status")) or word(log.get("status")), word(agent.get("error"))
    messages = rows(log.get("messages"))
    asked = next((text_of(one.get("content")) for one in messages if one.get("role") == "user"), "")
    logged = turns(messages, name)
    return Member(
        name=name,
        program=word(result.get("agent_framework")) or "unknown",
        turns=logged,
        ended=f"{status}: {error}" if error else status,
        worked={"Submitted": True, "Error": False}.get(status),
        task=asked,
        features=[f"f{own}"] if own else list(features),
        patch=_patch(folder / f"{stem}.patch"),
        total=None if any(turn.used for turn in logged) else _total(name, result, agent),
    )


def _uncounted(member: Member, steps: int) -> bool:
    """Whether it is not known what all of the agent's steps used."""
    return member.total is None and sum(turn.used is not None for turn in member.turns) < max(steps, 1)


def _total(name: str, result: dict[str, Any], agent: dict[str, Any]) -> ev.ModelUsed | None:
    """What the agent's model used in all; None where its program counts no tokens and says 0.

    Claude Code does not count what it reads from a cache or writes to one as input, the others do.
    """
    counts = {key: number(agent.get(f"{key}_tokens")) for key in ("input", "output", "cache_read", "cache_write")}
    if not counts["input"] + counts["output"]:
        return None
    apart = word(result.get("agent_framework")).startswith("claude")
    return ev.ModelUsed(
        agent=name,
        model=word(result.get("model")),
        tokens_in=counts["input"] + (counts["cache_read"] + counts["cache_write"]) * apart,
        cached=counts["cache_read"],
        cache_written=counts["cache_write"],
        tokens_out=counts["output"],
        cost=price(agent.get("cost")),
    )


def _patch(file: Path) -> str | None:
    if not file.is_file():
        return None
    return content(file, LIMIT).decode("utf-8", "replace")


def _sent(folder: Path, names: Sequence[str]) -> list[Sent]:
    file = folder / "conversation.json"
    logged = rows(load(file)) if file.is_file() else []
    found = []
    for message in logged:
        sender, to, text = word(message.get("from")), word(message.get("to")), word(message.get("message"))
        if sender in names and text and not message.get("received"):
            found.append(Sent(moment(message.get("timestamp")), sender, to if to in names else "all", text))
    return found


def _merged(judged: dict[str, Any], names: Sequence[str]) -> list[ev.Event]:
    merge = mapping(judged.get("merge"))
    how = MERGES.get((word(merge.get("status")), word(merge.get("strategy"))))
    return [ev.MergeTried(how=how, order=list(names))] if how else []


def _tested(judged: dict[str, Any], features: Sequence[str]) -> tuple[list[ev.Event], dict[str, str]]:
    """The verdict on each feature, and what its tests printed, by the name of its log."""
    events: list[ev.Event] = []
    logs = {}
    for name, key in zip(features, ("feature1", "feature2"), strict=False):
        verdict = mapping(judged.get(key))
        if not isinstance(passed := verdict.get("passed"), bool):
            continue
        log = f"test-{name}.log"
        if output := word(verdict.get("test_output")):
            logs[log] = output
        status = verdict.get("exit_code")
        counted = {side: verdict.get(f"tests_{side}") for side in ("passed", "failed")}
        events.append(
            ev.FeatureTested(
                feature=name,
                tree="",
                status=number(status) if status is not None and number(status) else int(not passed),
                # It passes only with one test that passed at least.
                passed=number(counted["passed"]) if counted["passed"] is not None else 1 if passed else None,
                failed=number(counted["failed"]) if counted["failed"] is not None else None,
                log=log if log in logs else "",
            )
        )
    return events, logs
