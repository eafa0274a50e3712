"""What a model judge says of the pairs of a comparison, beside the tests, and how often it agrees with them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from agentmux.compare import stats
from agentmux.compare.analysis import Analysis, Judged, Result
from agentmux.errors import JudgeError, JudgeSilent, SessionError
from agentmux.judge.judge import Compared

Judge = Callable[[str, str], Compared]
"""From the ids of two sessions on the same task to what a model ruled on them."""
Ruled = tuple[Result, Result, Compared]
"""The baseline's cell, the layout's, and what the model ruled on the layout's against the baseline's."""


def judged(analysis: Analysis, model: str, judge: Judge, told: Callable[[str], None]) -> list[Judged]:
    """Have every pair of the same task and repeat judged.

    A pair on which nothing can be ruled is left out, and counted; a model that does not answer is not asked again.

    Args:
        analysis: the comparison.
        model: who judges, by name.
        judge: asked once for each pair.
        told: takes what came of each pair.
    """
    pairs = {name: analysis.pairs(name) for name in analysis.plan.layouts if name != analysis.plan.baseline}
    total, at, silent, found = sum(map(len, pairs.values())), 0, False, list[Judged]()
    for layout, both in pairs.items():
        ruled = list[Ruled]()
        for solo, team in both:
            if silent:
                break
            at += 1
            said = f"[{at}/{total}] {team.cell} against {solo.cell}"
            try:
                ruling = judge(team.ended.session, solo.ended.session)
            except (JudgeError, SessionError) as err:
                silent = isinstance(err, JudgeSilent)
                told(f"{said}: {err}")
            else:
                ruled.append((solo, team, ruling))
                told(f"{said}: {_winner(solo, team, ruling)}")
        found.append(_counted(layout, model, ruled, len(both) - len(ruled)))
    return found


def _winner(solo: Result, team: Result, ruling: Compared) -> str:
    if not ruling.consistent:
        return "the order decided"
    names = {"this": team.cell.layout, "other": solo.cell.layout}
    return f"{names[ruling.winner]} did better" if ruling.winner in names else "neither did better"


def _counted(layout: str, model: str, ruled: Sequence[Ruled], unjudged: int) -> Judged:
    n = len(ruled)
    told_apart = [
        ruling.winner == ("this" if team.passed else "other")
        for solo, team, ruling in ruled
        if None not in (solo.passed, team.passed) and solo.passed != team.passed
    ]
    rulings = [one for _, _, ruling in ruled for one in (ruling.shown_first, ruling.shown_second)]
    return Judged(
        layout=layout,
        model=model,
        better=stats.rate(sum(ruling.winner == "this" for _, _, ruling in ruled), n),
        worse=stats.rate(sum(ruling.winner == "other" for _, _, ruling in ruled), n),
        swayed=stats.rate(sum(not ruling.consistent for _, _, ruling in ruled), n),
        agrees=stats.rate(sum(told_apart), len(told_apart)),
        unjudged=unjudged,
        cost=sum(one.cost or 0.0 for one in rulings),
        unpriced=sum(one.cost is None for one in rulings),
    )
