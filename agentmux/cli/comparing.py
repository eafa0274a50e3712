"""Running a comparison's cells for somebody at a command line, and showing what they say."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import typer
from rich.console import Console

from agentmux.cli.output import notice, show, show_json
from agentmux.cli.planning import Wanted, check_models, plan
from agentmux.compare import folder, needs, schedule
from agentmux.compare.analysis import Analysis, Strata, analyse
from agentmux.compare.document import document
from agentmux.compare.journal import COUNTED, Ended, Journal
from agentmux.compare.judging import judged
from agentmux.compare.live import Show
from agentmux.compare.local import Local
from agentmux.compare.outcome import reread
from agentmux.compare.plan import Cell, Plan
from agentmux.compare.report import page
from agentmux.compare.runner import Runner
from agentmux.compare.schedule import Board
from agentmux.compare.table import tables
from agentmux.compare.timeline import timeline_of
from agentmux.errors import MissingProgram, SessionError, UsageError
from agentmux.judge.judge import Compared, compare
from agentmux.paths import ComparisonPaths, SessionPaths
from agentmux.service.process import shut_down


def check_libraries(*, judge: bool) -> None:
    """Raise MissingProgram if what the numbers and plots are made with, or what asks a judge, is not installed."""
    wanted = {"compare": ("scipy", "statsmodels", "matplotlib"), "judge": ("litellm",) if judge else ()}
    for extra, names in wanted.items():
        if missing := [name for name in names if find_spec(name) is None]:
            raise MissingProgram(
                f"This needs {' and '.join(missing)}.", f"Install that with `pip install 'agentmux[{extra}]'`."
            )


def planned(wanted: Wanted, *, new: bool) -> tuple[ComparisonPaths, Plan]:
    """The comparison that is asked for: one of the same things that is there already, or a new one."""
    with folder.draft() as drafted:
        made = plan(wanted, drafted)
        known = None if new else folder.same(made)
        if known is None:
            paths = folder.keep(drafted, made)
            notice(f"Comparison {paths.id}: {len(made.cells)} cells.")
            return paths, made
    there = folder.load(known)
    made = there.model_copy(
        update={"repeats": max(there.repeats, made.repeats), "limit_usd": made.limit_usd or there.limit_usd}
    )
    folder.write(known, made)
    done = len(Journal(known.journal).results())
    notice(f"Going on with comparison {known.id}: {done} of {len(made.cells)} cells have run; --new begins anew.")
    return known, made


def resumed(name: str, repeats: int | None, limit_usd: float | None) -> tuple[ComparisonPaths, Plan]:
    """A comparison that is there, with more repeats or another limit if these are asked for."""
    paths = folder.find(name)
    made = folder.load(paths)
    check_models(made)
    changed = made.model_copy(
        update={"repeats": max(made.repeats, repeats or 1), "limit_usd": limit_usd or made.limit_usd}
    )
    if changed != made:
        folder.write(paths, changed)
    return paths, changed


def run_cells(paths: ComparisonPaths, made: Plan, *, on: str, jobs: int | None, again: Sequence[str]) -> None:
    """Run what has not run yet, and `again` what is named.

    Raises:
        UsageError: `again` names no cell.
    """
    journal = Journal(paths.journal)
    end_leftovers(journal)
    waiting = _waiting(made, journal, again)
    if not waiting:
        return
    board = Board(made, journal, waiting)
    with Show(paths.id, board, notice, Console(stderr=True)):
        stopped = asyncio.run(_run(paths, board, _runner(paths, on, jobs)))
    if stopped:
        notice(f"Stopped; `agentmux compare --resume {paths.id}` goes on.")
        raise typer.Exit(stopped)
    if board.waiting:
        notice(
            f"{len(board.waiting)} cells have not run: ${board.spent:.2f} of ${made.limit_usd:.2f} are spent. "
            f"`agentmux compare --resume {paths.id} --limit-usd USD` goes on."
        )


def end_leftovers(journal: Journal) -> None:
    """End the sessions of cells whose comparison was killed, and put that on record."""
    for left in journal.running():
        if not left.on and SessionPaths.of(left.session).log.exists():
            shut_down(SessionPaths.of(left.session))
        journal.add(
            Ended(
                cell=left.cell,
                attempt=left.attempt,
                at=left.at,
                session=left.session,
                on=left.on,
                status="stopped",
                reason="The comparison was killed.",
            )
        )


def _runner(paths: ComparisonPaths, on: str, jobs: int | None) -> AbstractAsyncContextManager[Runner]:
    """Who runs the cells: this machine, or the cluster at `on`."""
    if not on:
        return nullcontext(Local(needs.machine(), jobs, paths.cell_log))
    from agentmux.compare.remote import connected

    return connected(on, paths, jobs)


async def _run(paths: ComparisonPaths, board: Board, runners: AbstractAsyncContextManager[Runner]) -> int:
    """Run the cells; a signal ends them in good order. Returns the exit status that it asks for, else 0."""
    stop, asked = asyncio.Event(), list[int]()

    def end(number: int) -> None:
        asked.append(number)
        stop.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, end, number)
    async with runners as runner:
        await schedule.run(paths, board, runner, stop)
    return 128 + asked[0] if asked else 0


def _waiting(made: Plan, journal: Journal, again: Sequence[str]) -> list[Cell]:
    for pattern in again:
        if not any(fnmatchcase(str(cell), pattern) for cell in made.cells):
            raise UsageError(f"There is no cell '{pattern}'.", f"Cells are like {made.cells[0]}; '*' is any part.")
    results = journal.results()
    return [
        cell
        for cell in made.cells
        if str(cell) not in results or any(fnmatchcase(str(cell), pattern) for pattern in again)
    ]


def finish(paths: ComparisonPaths, *, strata: Strata, judge: str, as_json: bool) -> bool:
    """Show what the cells say; returns whether all of them ran as they should.

    Raises:
        Exit: all is shown, but the judge did not rule on every pair.
    """
    made = folder.load(paths)
    ended = {cell: _current(one, made) for cell, one in Journal(paths.journal).results().items()}
    analysis = analyse(made, ended, strata)
    if judge:
        notice(f"Asking {judge} about each pair, in both orders; what it ruled before is not asked again.")
        analysis = replace(analysis, judged=judged(analysis, judge, partial(_ruling, judge), notice))
    if as_json:
        show_json(document(analysis, paths.id))
    else:
        Console().print(tables(analysis, paths.id))
        show(f"Report: {write_report(paths, analysis)}")
    if any(one.unjudged for one in analysis.judged):
        raise typer.Exit(1)
    return not analysis.open and not analysis.failed


def _ruling(model: str, this: str, other: str) -> Compared:
    """What a model rules on two sessions; it stands in the first one's log, and is not asked again."""
    return compare(SessionPaths.of(this), SessionPaths.of(other), model)


def write_report(paths: ComparisonPaths, analysis: Analysis) -> Path:
    """Write the page; returns where it is. Raises SessionError if it cannot be written."""
    lines = {str(one.cell): timeline_of(one.ended.session) for one in analysis.results}
    html = page(analysis, paths.id, {cell: line for cell, line in lines.items() if line})
    try:
        paths.report.write_text(html, encoding="utf-8")
    except OSError as err:
        raise SessionError(f"The report {paths.report} cannot be written: {err.strerror}.") from err
    return paths.report


def _current(ended: Ended, made: Plan) -> Ended:
    """A result, with what the metrics of today say about its session, if that is still here."""
    task, layout, _ = ended.cell.split("/")
    checked = bool(made.start(Cell(task, layout, 1)).layout.checks)
    read = reread(ended.session, checked=checked) if ended.status in COUNTED else None
    return ended.model_copy(update={"outcome": read[0], "metrics": read[1]}) if read else ended
