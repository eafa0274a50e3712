"""What the cells of a comparison say together: for each layout alone, and against the baseline.

Cells that failed to run say nothing and are only counted. Everything else is a pure function of the results.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import fmean
from typing import Literal

from agentmux.compare import stats
from agentmux.compare.journal import COUNTED, Ended
from agentmux.compare.plan import Cell, Plan
from agentmux.compare.stats import Estimate

Strata = Literal["task", "kind"]
TIME, COST = "wall_time", "money"
"""Metrics that layouts are compared by, beside success."""


@dataclass(frozen=True, slots=True)
class Result:
    """A cell and how it ended."""

    cell: Cell
    ended: Ended

    @property
    def passed(self) -> bool | None:
        """Whether the task was done; None where nothing tells."""
        return self.ended.outcome.passed

    @property
    def quality(self) -> float | None:
        """The share of the features that hold; without features whether it passed, as 1 or 0."""
        held = self.ended.outcome.features
        if held:
            return sum(held.values()) / len(held)
        return None if self.passed is None else float(self.passed)

    def number(self, metric: str) -> float | None:
        """The session's value of a metric, or of a part of one (`metric.part`), if it is a number."""
        name, _, part = metric.partition(".")
        value = self.ended.metrics.get(name)
        if part:
            value = value.get(part) if isinstance(value, dict) else None
        return float(value) if isinstance(value, int | float) else None


@dataclass(frozen=True, slots=True)
class Summary:
    """A layout's cells, or those of it on one task.

    Args:
        results: those that count.
        success: how many of them pass.
        features: the share of all their features that hold.
        merges: how often the work fits together how.
        abandoned: the share of them that were given up, by the metric of that name.
        medians: of metrics that are numbers.
        spreads: the standard deviation across the repeats of a task, of `success`, time and cost; over several tasks
            the root of the mean of their squares.
    """

    results: Sequence[Result]
    success: Estimate
    features: Estimate
    merges: dict[str, int]
    abandoned: Estimate
    medians: dict[str, Estimate]
    spreads: dict[str, float | None]


@dataclass(frozen=True, slots=True)
class Contrast:
    """A layout against the baseline ("solo" below).

    Args:
        gap: solo's rate of success minus the layout's.
        retained: the layout's rate divided by solo's.
        odds: the odds ratio of success, pooled over strata.
        abandoned_odds: the same of being abandoned.
        paired: the mean difference of success, of cells of the same task and repeat.
        wins: of these pairs, how many the layout alone passes.
        losses: how many solo alone passes.
        coordination_loss: the share of the features that solo passes and the layout does not, in the same repeat.
        synergy_loss: (best single agent - layout) / best single agent, by the share of features that hold; without an
            interval, from so many cells of the layout.
        speedup: solo's wall time divided by the layout's, the median over pairs.
        cost_ratio: the layout's cost divided by solo's, the same way.
        time_difference: seconds, the layout's minus solo's, the median over pairs.
        cost_difference: the same in USD.
    """

    layout: str
    gap: Estimate
    retained: Estimate
    odds: Estimate
    abandoned_odds: Estimate
    paired: Estimate
    wins: int
    losses: int
    coordination_loss: Estimate
    synergy_loss: Estimate
    speedup: Estimate
    cost_ratio: Estimate
    time_difference: Estimate
    cost_difference: Estimate


@dataclass(frozen=True, slots=True)
class Judged:
    """What a model judge said of a layout against the baseline.

    Args:
        layout: whose pairs they are.
        model: who judged.
        better: of the pairs, how often the layout did better.
        worse: how often the baseline did.
        swayed: how often the answer changed with the order in which both were shown; then neither did better.
        agrees: of the pairs that only one of both passes, how often the judge found that one better.
        unjudged: pairs on which it did not rule.
        cost: of its rulings, USD.
        unpriced: rulings of which nobody knows the cost.
    """

    layout: str
    model: str
    better: Estimate
    worse: Estimate
    swayed: Estimate
    agrees: Estimate
    unjudged: int = 0
    cost: float = 0.0
    unpriced: int = 0


@dataclass(frozen=True, slots=True)
class Analysis:
    """Everything that a comparison says.

    Args:
        plan: what was compared.
        results: how each cell ended, in the cells' order, those that failed included.
        layouts: by layout.
        cells: by task and layout.
        contrasts: of every layout but the baseline.
        strata: what odds are pooled over.
        judged: what a model judge says of every layout but the baseline, if one was asked.
    """

    plan: Plan
    results: Sequence[Result]
    layouts: dict[str, Summary]
    cells: dict[tuple[str, str], Summary]
    contrasts: Sequence[Contrast]
    strata: Strata
    judged: Sequence[Judged] = ()

    def pairs(self, layout: str) -> list[tuple[Result, Result]]:
        """The baseline's and the layout's results on the same task in the same repeat."""
        return _pairs(self.layouts[self.plan.baseline].results, self.layouts[layout].results)

    @property
    def failed(self) -> list[Result]:
        """Cells that did not run as they should."""
        return [one for one in self.results if one.ended.status not in COUNTED]

    @property
    def open(self) -> int:
        """How many cells have no result yet."""
        return len(self.plan.cells) - len(self.results)


def analyse(plan: Plan, ended: dict[str, Ended], strata: Strata = "task") -> Analysis:
    """What these results say.

    Args:
        plan: what is compared.
        ended: by cell how it ended.
        strata: whether odds are pooled over tasks or over their kinds.
    """
    results = [Result(cell, ended[str(cell)]) for cell in sorted(plan.cells) if str(cell) in ended]
    counted = [one for one in results if one.ended.status in COUNTED]

    def of(layout: str, task: str | None = None) -> list[Result]:
        return [one for one in counted if one.cell.layout == layout and task in (None, one.cell.task)]

    by_layout = {name: of(name) for name in plan.layouts}
    return Analysis(
        plan=plan,
        results=results,
        layouts={name: _summary(group, metric_names(counted)) for name, group in by_layout.items()},
        cells={
            (task.name, name): _summary(of(name, task.name), (TIME, COST))
            for task in plan.tasks
            for name in plan.layouts
        },
        contrasts=[_contrast(plan, by_layout, name, strata) for name in plan.layouts if name != plan.baseline],
        strata=strata,
    )


def metric_names(results: Iterable[Result]) -> list[str]:
    """Every metric and part of one that is a number somewhere, in the order in which scores have them."""
    names: dict[str, None] = {}
    for one in results:
        for name, value in one.ended.metrics.items():
            parts = [f"{name}.{part}" for part in value] if isinstance(value, dict) else [name]
            names |= {part: None for part in parts if one.number(part) is not None}
    return list(names)


def _summary(results: Sequence[Result], metrics: Iterable[str]) -> Summary:
    held = [holds for one in results for holds in one.ended.outcome.features.values()]
    return Summary(
        results=results,
        success=_rate(one.passed for one in results),
        features=_rate(held),
        merges=dict(sorted(Counter(one.ended.outcome.merge for one in results if one.ended.outcome.merge).items())),
        abandoned=_rate(_abandoned(one) for one in results),
        medians={name: stats.middle(_numbers(results, name)) for name in metrics},
        spreads={
            "success": _spread(results, lambda one: None if one.passed is None else float(one.passed)),
            TIME: _spread(results, lambda one: one.number(TIME)),
            COST: _spread(results, lambda one: one.number(COST)),
        },
    )


def _contrast(plan: Plan, groups: dict[str, list[Result]], layout: str, strata: Strata) -> Contrast:
    solo, team = groups[plan.baseline], groups[layout]
    pairs = _pairs(solo, team)
    judged = [(a.passed, b.passed) for a, b in pairs if a.passed is not None and b.passed is not None]
    return Contrast(
        layout=layout,
        gap=stats.gap(_hits(solo), _hits(team)),
        retained=stats.retained(_hits(solo), _hits(team)),
        odds=stats.pooled_odds(_strata(plan, solo, team, strata, lambda one: one.passed)),
        abandoned_odds=stats.pooled_odds(_strata(plan, solo, team, strata, _abandoned)),
        paired=stats.mean([float(b) - float(a) for a, b in judged]),
        wins=sum(b and not a for a, b in judged),
        losses=sum(a and not b for a, b in judged),
        coordination_loss=_rate(not holds for a, b in pairs for holds in _kept(a, b)),
        synergy_loss=_synergy_loss(plan, groups, layout),
        speedup=stats.middle(_pairwise(pairs, TIME, lambda a, b: a / b if b else None)),
        cost_ratio=stats.middle(_pairwise(pairs, COST, lambda a, b: b / a if a else None)),
        time_difference=stats.middle(_pairwise(pairs, TIME, lambda a, b: b - a)),
        cost_difference=stats.middle(_pairwise(pairs, COST, lambda a, b: b - a)),
    )


def _pairs(solo: Sequence[Result], team: Sequence[Result]) -> list[tuple[Result, Result]]:
    by_place = {(one.cell.task, one.cell.repeat): one for one in solo}
    return [(by_place[place], one) for one in team if (place := (one.cell.task, one.cell.repeat)) in by_place]


def _rate(said: Iterable[bool | None]) -> Estimate:
    known = [one for one in said if one is not None]
    return stats.rate(sum(known), len(known))


def _hits(results: Sequence[Result]) -> tuple[int, int]:
    known = [one.passed for one in results if one.passed is not None]
    return sum(known), len(known)


def _numbers(results: Sequence[Result], metric: str) -> list[float]:
    return [value for one in results if (value := one.number(metric)) is not None]


def _abandoned(one: Result) -> bool | None:
    value = one.number("abandoned")
    return None if value is None else value > 0


def _strata(
    plan: Plan, solo: Sequence[Result], team: Sequence[Result], strata: Strata, hit: Callable[[Result], bool | None]
) -> list[stats.Stratum]:
    def counts(results: Sequence[Result], stratum: str) -> tuple[int, int]:
        found = [hit(one) for one in results if place[one.cell.task] == stratum]
        known = [one for one in found if one is not None]
        return sum(known), len(known) - sum(known)

    place = {task.name: (task.kind if strata == "kind" else task.name) for task in plan.tasks}
    return [(*counts(team, one), *counts(solo, one)) for one in dict.fromkeys(place.values())]


def _kept(solo: Result, team: Result) -> list[bool]:
    """Of what solo passes, whether the team does, too: each feature, or the task as a whole where it has none."""
    held = team.ended.outcome.features
    if held:
        return [held.get(name, False) for name, passed in solo.ended.outcome.features.items() if passed]
    return [team.passed] if solo.passed and team.passed is not None else []


def _synergy_loss(plan: Plan, groups: dict[str, list[Result]], layout: str) -> Estimate:
    """Over the tasks together, on each of which the best of the layouts with one agent is taken."""
    alone = [name for name in plan.layouts if all(len(s.agents) == 1 for s in plan.starts if s.layout_name == name)]
    best, team = 0.0, 0.0
    for task in plan.tasks:
        means = {name: _mean_quality(groups[name], task.name) for name in (*alone, layout)}
        singles = [mean for name in alone if (mean := means[name]) is not None]
        reached = means[layout]
        if not singles or reached is None:
            continue
        best += max(singles)
        team += reached
    n = len(groups[layout])
    return Estimate((best - team) / best if best and layout not in alone else None, None, None, n)


def _mean_quality(results: Sequence[Result], task: str) -> float | None:
    known = [one.quality for one in results if one.cell.task == task and one.quality is not None]
    return fmean(known) if known else None


def _pairwise(
    pairs: Sequence[tuple[Result, Result]], metric: str, of: Callable[[float, float], float | None]
) -> list[float]:
    both = [(a.number(metric), b.number(metric)) for a, b in pairs]
    said = [of(a, b) for a, b in both if a is not None and b is not None]
    return [one for one in said if one is not None]


def _spread(results: Sequence[Result], value: Callable[[Result], float | None]) -> float | None:
    by_task: dict[str, list[float]] = {}
    for one in results:
        if (number := value(one)) is not None:
            by_task.setdefault(one.cell.task, []).append(number)
    spreads = [spread for values in by_task.values() if (spread := stats.spread(values)) is not None]
    return sqrt(fmean(one * one for one in spreads)) if spreads else None
