"""The page around the plots: numbers in tables, each leading to its sessions."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from html import escape
from importlib.resources import files

from agentmux.compare.analysis import COST, TIME, Analysis, Result, metric_names
from agentmux.compare.journal import COUNTED
from agentmux.compare.live import clock, verdict
from agentmux.compare.report import plots
from agentmux.compare.report.anchors import cell_anchor, group_anchor
from agentmux.compare.report.method import METHOD
from agentmux.compare.stats import CLAIM, Estimate
from agentmux.compare.table import (
    Word,
    contrast_numbers,
    counted,
    judge_told,
    judge_warned,
    lasting,
    money,
    percent,
    span,
)
from agentmux.compare.timeline import Timeline
from agentmux.paths import SessionPaths


def page(analysis: Analysis, name: str, lines: Mapping[str, Timeline]) -> str:
    """The report of a comparison.

    Args:
        analysis: what it says.
        name: its id.
        lines: by cell, the time lines of the sessions that are still here.
    """
    css = files("agentmux.compare.report").joinpath("page.css").read_text(encoding="utf-8")
    body = "\n".join(_body(analysis, name, dict(lines)))
    return (
        "<!doctype html>\n"
        '<html lang="en"><head><meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(name)} · agentmux compare</title>\n<style>\n{css}</style></head>\n"
        f"<body>\n{body}\n</body></html>\n"
    )


def _body(analysis: Analysis, name: str, lines: dict[str, Timeline]) -> Iterator[str]:
    plan = analysis.plan
    day = time.strftime("%d %B %Y", time.gmtime(plan.created))
    yield f"<h1>{escape(name)}</h1>"
    yield f'<p class="sub">{escape(counted(plan))}, begun on {day}. The baseline is <b>{escape(plan.baseline)}</b>.</p>'
    yield from _warnings(analysis)
    yield f'<div class="cards">{"".join(_cards(analysis))}</div>'
    yield "<h2>Outcome</h2>"
    yield f'<p class="muted">Rates with 95 % intervals; hollow points have fewer than {CLAIM} sessions behind them.</p>'
    yield _sheet(plots.outcome(analysis))
    yield "<h2>Layouts</h2>" + _sheet(_layouts(analysis))
    yield "<h2>Tasks</h2>" + _sheet(_tasks(analysis))
    if analysis.contrasts:
        yield f"<h2>Against {escape(plan.baseline)}</h2>" + _sheet(_contrasts(analysis))
        yield from (f'<p class="muted">{escape(line)}</p>' for line in judge_told(analysis))
        yield from (f'<p class="warn">{escape(line)}</p>' for line in judge_warned(analysis))
    yield "<h2>Cost against success</h2>" + _sheet(plots.cost(analysis))
    yield "<h2>Messages and claims against the outcome</h2>"
    yield '<p class="muted">A point for each session; it leads to its row below.</p>' + _sheet(plots.talk(analysis))
    if drawn := plots.timelines(analysis, lines):
        yield "<h2>Time lines</h2>"
        yield '<p class="muted">When each agent was at work.</p>' + _sheet(drawn)
    yield f"<details><summary>All metrics, as medians</summary>{_sheet(_metrics(analysis))}</details>"
    yield "<h2>Sessions</h2>" + _sheet(_sessions(analysis))
    yield "<h2>How the numbers are made</h2>"
    yield f"<dl>{''.join(f'<dt>{word}</dt><dd>{escape(text)}</dd>' for word, text in METHOD.items())}</dl>"


def _warnings(analysis: Analysis) -> Iterator[str]:
    if analysis.open:
        yield f'<p class="warn">{analysis.open} of {len(analysis.plan.cells)} cells have not run yet.</p>'
    if analysis.failed:
        cells = ", ".join(f'<a href="#{cell_anchor(one.cell)}">{escape(str(one.cell))}</a>' for one in analysis.failed)
        yield f'<p class="warn">Failed to run, and counted nowhere: {cells}</p>'


def _cards(analysis: Analysis) -> Iterator[str]:
    for number, (name, summary) in enumerate(analysis.layouts.items()):
        rate = summary.success
        value = "-" if rate.value is None else percent(rate.value)
        passed = 0 if rate.value is None else round(rate.value * rate.n)
        told = f"{passed} of {rate.n} sessions" if rate.n else "no verdicts"
        more = "too few to claim" if rate.few else f"95 % {span(rate, percent).strip()}"
        yield (
            f'<a class="card" style="--mark: var(--layout-{number % 8})" href="#{group_anchor(name)}">'
            f'<span class="name">{escape(name)}</span><b>{value}</b><span>{told}</span><span>{more}</span></a>'
        )


def _layouts(analysis: Analysis) -> str:
    rows = []
    for name, summary in analysis.layouts.items():
        link, spread = group_anchor(name), summary.spreads
        rows.append(
            [
                escape(name),
                _number(summary.success, percent, link),
                _number(summary.features, percent, link),
                _linked(", ".join(f"{count} {how}" for how, count in summary.merges.items()) or "-", link),
                _number(summary.medians.get(TIME), lasting, link),
                _number(summary.medians.get(COST), money, link),
                _linked("-" if spread["success"] is None else f"{spread['success']:.2f}", link),
                _linked("-" if spread[TIME] is None else lasting(spread[TIME] or 0), link),
            ]
        )
    headings = ("", "success", "features", "merges", "time", "cost", "spread of success", "of time")
    return _table(headings, rows)


def _tasks(analysis: Analysis) -> str:
    plan = analysis.plan
    rows = [
        [
            f"{escape(task.name)}<br><span class='muted'>{escape(task.title)}{_kind(task.kind)}</span>",
            *(
                _number(analysis.cells[task.name, name].success, percent, group_anchor(name, task.name))
                for name in plan.layouts
            ),
        ]
        for task in plan.tasks
    ]
    return _table(("", *map(escape, plan.layouts)), rows)


def _kind(kind: str) -> str:
    return f" · {escape(kind)}" if kind else ""


def _contrasts(analysis: Analysis) -> str:
    columns = [contrast_numbers(analysis, one) for one in analysis.contrasts]
    rows = []
    for place, (label, _, _) in enumerate(columns[0]):
        cells = [
            _number(estimate, word, group_anchor(contrast.layout))
            for contrast, (_, estimate, word) in zip(
                analysis.contrasts, (column[place] for column in columns), strict=True
            )
        ]
        rows.append([escape(label), *cells])
    pairs = [
        _linked(f"{one.wins} / {one.losses}", group_anchor(one.layout)) if one.paired.n else "-"
        for one in analysis.contrasts
    ]
    rows.append([f"pairs that only it / only {escape(analysis.plan.baseline)} passes", *pairs])
    return _table(("", *(escape(one.layout) for one in analysis.contrasts)), rows)


def _metrics(analysis: Analysis) -> str:
    names = metric_names(one for summary in analysis.layouts.values() for one in summary.results)
    rows = [
        [
            escape(name),
            *(
                _number(summary.medians.get(name), _short, group_anchor(layout))
                for layout, summary in analysis.layouts.items()
            ),
        ]
        for name in names
    ]
    return _table(("", *map(escape, analysis.plan.layouts)), rows)


def _sessions(analysis: Analysis) -> str:
    headings = ("cell", "outcome", "merge", "time", "cost", "messages", "session")
    parts = [f"<thead><tr>{''.join(f'<th>{word}</th>' for word in headings)}</tr></thead>"]
    for layout in analysis.plan.layouts:
        parts.append(f'<tbody id="{group_anchor(layout)}"><tr><th colspan="7">{escape(layout)}</th></tr></tbody>')
        for task in analysis.plan.tasks:
            found = [one for one in analysis.results if (one.cell.layout, one.cell.task) == (layout, task.name)]
            rows = "".join(_session(one) for one in found)
            parts.append(f'<tbody id="{group_anchor(layout, task.name)}">{rows}</tbody>')
    return f"<table>{''.join(parts)}</table>"


def _session(one: Result) -> str:
    ended = one.ended
    kind = {True: "pass", False: "fail", None: "none"}[one.passed] if ended.status in COUNTED else "fail"
    features = "".join(
        f' <span class="{"pass" if holds else "fail"}">{"✓" if holds else "✗"} {escape(name)}</span>'
        for name, holds in ended.outcome.features.items()
    )
    reason = f'<br><span class="muted">{escape(ended.reason)}</span>' if ended.reason else ""
    time_, cost, messages = one.number(TIME), one.number(COST), one.number("messages")
    place = SessionPaths.of(ended.session).folder if ended.session else None
    where = (
        f'<code title="{escape(str(place))}">agentmux replay {escape(ended.session)}</code>'
        f"{f'<br><span class=muted>on {escape(ended.on)}</span>' if ended.on else ''}"
        if ended.session
        else "-"
    )
    cells = [
        escape(str(one.cell)),
        f'<span class="{kind}">{escape(verdict(ended))}</span>{features}{reason}',
        escape(ended.outcome.merge or "-"),
        "-" if time_ is None else clock(time_),
        "-" if cost is None else money(cost),
        "-" if messages is None else f"{messages:.0f}",
        where,
    ]
    return f'<tr id="{cell_anchor(one.cell)}">{"".join(f"<td>{cell}</td>" for cell in cells)}</tr>'


def _number(estimate: Estimate | None, word: Word, link: str) -> str:
    """A number that leads to its sessions, with its interval or what there is to say instead."""
    if estimate is None or estimate.value is None:
        return '<span class="none">-</span>'
    more = (
        f'<span class="few">n={estimate.n}, too few to claim</span>'
        if estimate.few
        else f'<span class="interval">{span(estimate, word)}n={estimate.n}</span>'
    )
    return f"{_linked(escape(word(estimate.value)), link)} {more}"


def _linked(text: str, anchor: str) -> str:
    return f'<a href="#{anchor}">{text}</a>'


def _short(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) or abs(value) >= 1000 else f"{value:.3g}"


def _table(headings: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = "".join(f"<th>{word}</th>" for word in headings)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _sheet(inside: str) -> str:
    return f'<div class="sheet">{inside}</div>'
