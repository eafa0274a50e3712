"""What a comparison says, for a terminal."""

from __future__ import annotations

import re
from collections.abc import Callable

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from agentmux.compare.analysis import COST, TIME, Analysis, Contrast, Summary
from agentmux.compare.live import clock
from agentmux.compare.plan import Plan
from agentmux.compare.stats import CLAIM, Estimate

FEW = "*"
"""Behind a number that too few are behind."""
FEW_NOTE = f"* fewer than {CLAIM}: too few to claim"
UNIT = re.compile(r" %$| pp$|x$")
"""What stands behind the number already."""
Word = Callable[[float], str]


def percent(value: float) -> str:
    """A share.

    >>> percent(0.528)
    '53 %'
    """
    return f"{value * 100:.0f} %"


def points(value: float) -> str:
    """A difference of shares.

    >>> points(-0.1)
    '-10 pp'
    """
    return f"{value * 100:+.0f} pp"


def times(value: float) -> str:
    """A ratio.

    >>> times(1.234)
    '1.23x'
    """
    return f"{value:.2f}x"


def money(value: float) -> str:
    """USD, cents and less where it is little.

    >>> money(1.5), money(0.0123), money(-0.25)
    ('$1.50', '$0.0123', '-$0.25')
    """
    sign, size = "-" if value < 0 else "", abs(value)
    return f"{sign}${size:.2f}" if size >= 0.1 or not size else f"{sign}${size:.4f}"


def lasting(value: float) -> str:
    """Seconds, signed if they are a difference that is negative.

    >>> lasting(90.0), lasting(4.25), lasting(-4.25)
    ('1:30', '4.2 s', '-4.2 s')
    """
    sign, size = "-" if value < 0 else "", abs(value)
    return sign + (clock(size) if size >= 60 else f"{size:.1f} s")


def told(estimate: Estimate, word: Word) -> str:
    """A number with its interval, or what there is to say instead.

    >>> told(Estimate(0.5, 0.3, 0.7, 10), percent)
    '50 % [30, 70] n=10'
    >>> told(Estimate(1.0, None, None, 3), percent)
    '100 % n=3 *'
    >>> told(Estimate(None, None, None, 0), percent)
    '-'
    """
    if estimate.value is None:
        return "-"
    if estimate.few:
        return f"{word(estimate.value)} n={estimate.n} {FEW}"
    return f"{word(estimate.value)} {span(estimate, word)}n={estimate.n}"


def span(estimate: Estimate, word: Word) -> str:
    """The interval with a blank behind it, without a unit that stands before it already; empty if there is none."""
    if estimate.low is None or estimate.high is None:
        return ""
    return f"[{', '.join(UNIT.sub('', word(end)) for end in (estimate.low, estimate.high))}] "


def counted(plan: Plan) -> str:
    """How much is compared."""
    sizes = (("task", len(plan.tasks)), ("layout", len(plan.layouts)), ("repeat", plan.repeats))
    return " x ".join(f"{n} {word}{'s'[: n != 1]}" for word, n in sizes)


def tables(analysis: Analysis, name: str) -> RenderableType:
    """Everything that is said of the comparison with this id."""
    plan = analysis.plan
    parts: list[RenderableType] = [Text.assemble((name, "bold"), f"  {counted(plan)}")]
    if analysis.open:
        parts.append(Text(f"{analysis.open} cells have not run yet.", "yellow"))
    if analysis.failed:
        cells = ", ".join(str(one.cell) for one in analysis.failed[:5])
        more = f" and {len(analysis.failed) - 5} more" if len(analysis.failed) > 5 else ""
        parts.append(Text(f"{len(analysis.failed)} cells failed to run and count nowhere: {cells}{more}", "yellow"))
    parts += [Text(), _layouts(analysis), Text(), _tasks(analysis)]
    if any(contrast.gap.n or contrast.speedup.n for contrast in analysis.contrasts):
        parts += [Text(), _contrasts(analysis)]
    if analysis.judged:
        parts += [Text(), *(Text(line, "dim") for line in judge_told(analysis))]
        parts += [Text(line, "yellow") for line in judge_warned(analysis)]
    parts += [Text(), Text(f"{FEW_NOTE}. In brackets: 95 % intervals.", "dim")]
    return Group(*parts)


def _layouts(analysis: Analysis) -> Table:
    layouts = analysis.layouts.values()
    rows = {
        "success": [told(one.success, percent) for one in layouts],
        "features": [told(one.features, percent) for one in layouts],
        "merges": [", ".join(f"{count} {how}" for how, count in one.merges.items()) or "-" for one in layouts],
        "abandoned": [told(one.abandoned, percent) for one in layouts],
        "time": [_median(one, TIME, lasting) for one in layouts],
        "cost": [_median(one, COST, money) for one in layouts],
        "spread of success": [_spread(one, "success", "{:.2f}".format) for one in layouts],
        "spread of time": [_spread(one, TIME, lasting) for one in layouts],
    }
    table = _table("", *analysis.layouts)
    for label, cells in rows.items():
        if any(cell != "-" for cell in cells):
            table.add_row(label, *cells)
    return table


def _tasks(analysis: Analysis) -> Table:
    table = _table("task", *analysis.plan.layouts)
    for task in analysis.plan.tasks:
        table.add_row(task.name, *(_hits(analysis.cells[task.name, name].success) for name in analysis.plan.layouts))
    return table


def _contrasts(analysis: Analysis) -> Table:
    """A row for everything that is said of any layout."""
    base = analysis.plan.baseline
    table = _table(f"against {base}", *(one.layout for one in analysis.contrasts))
    numbers = [contrast_numbers(analysis, one) for one in analysis.contrasts]
    for row in zip(*numbers, strict=True):
        if any(estimate.value is not None for _, estimate, _ in row):
            table.add_row(row[0][0], *(told(estimate, word) for _, estimate, word in row))
    pairs = [f"{one.wins}, {one.losses}" if one.paired.n else "-" for one in analysis.contrasts]
    table.add_row(f"pairs only it, only {base} passes", *pairs)
    return table


def contrast_numbers(analysis: Analysis, contrast: Contrast) -> list[tuple[str, Estimate, Word]]:
    """A label, a number and how it is written, for everything that is said of a layout against the baseline."""
    ruled: list[tuple[str, Estimate, Word]] = [
        row
        for one in analysis.judged
        if one.layout == contrast.layout
        for row in (
            ("judge: better", one.better, percent),
            ("judge: worse", one.worse, percent),
            ("judge: the order decided", one.swayed, percent),
            ("judge agrees with the tests", one.agrees, percent),
        )
    ]
    return [
        ("gap", contrast.gap, points),
        ("retained", contrast.retained, percent),
        (f"odds of success over {analysis.strata}s", contrast.odds, times),
        ("success, paired", contrast.paired, points),
        ("coordination loss", contrast.coordination_loss, percent),
        ("synergy loss", contrast.synergy_loss, percent),
        ("odds of being abandoned", contrast.abandoned_odds, times),
        ("speedup", contrast.speedup, times),
        ("time, paired", contrast.time_difference, lasting),
        ("cost ratio", contrast.cost_ratio, times),
        ("cost, paired", contrast.cost_difference, money),
        *ruled,
    ]


def judge_told(analysis: Analysis) -> list[str]:
    """A line for each model that judged: how much it ruled, and what that cost in USD."""
    found = []
    for model in dict.fromkeys(one.model for one in analysis.judged):
        mine = [one for one in analysis.judged if one.model == model]
        rulings, unpriced = 2 * sum(one.swayed.n for one in mine), sum(one.unpriced for one in mine)
        known = f", ${sum(one.cost for one in mine):.4f}" if unpriced < rulings else ""
        unknown = f", {unpriced} of them without a known price" if unpriced else ""
        found.append(f"Judge: {model}, {rulings} rulings{known}{unknown}.")
    return found


def judge_warned(analysis: Analysis) -> list[str]:
    """What stands against the judge's numbers: answers that changed with the order, and pairs without any."""
    found = []
    for one in analysis.judged:
        n = one.swayed.n
        if swayed := round((one.swayed.value or 0) * n):
            found.append(
                f"In {swayed} of {n} pairs of {one.layout} the judge's answer changed with the order in which both "
                "were shown; there neither counts as better."
            )
        if one.unjudged:
            found.append(f"On {one.unjudged} of {n + one.unjudged} pairs of {one.layout} the judge has not ruled.")
    return found


def _table(*headings: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column(headings[0], style="dim", header_style="dim", no_wrap=True)
    for heading in headings[1:]:
        table.add_column(heading, overflow="fold")
    return table


def _median(summary: Summary, metric: str, word: Word) -> str:
    found = summary.medians.get(metric)
    return told(found, word) if found else "-"


def _spread(summary: Summary, of: str, word: Word) -> str:
    spread = summary.spreads[of]
    return "-" if spread is None else word(spread)


def _hits(estimate: Estimate) -> str:
    if estimate.value is None:
        return "-"
    return f"{round(estimate.value * estimate.n)}/{estimate.n}"
