"""A judge beside the tests, counted by hand."""

from __future__ import annotations

import re
from dataclasses import replace

from rich.console import Console

from agentmux.compare.analysis import analyse
from agentmux.compare.document import document
from agentmux.compare.judging import judged
from agentmux.compare.report import page
from agentmux.compare.table import tables
from agentmux.errors import JudgeError, JudgeSilent
from agentmux.judge.judge import Compared
from agentmux.room.events import JudgeRuled
from tests.unit.compare.sample import ended, plan, results

MODEL = "openai/judge"


def ruling(first, second=None, cost=0.01):
    """What a model ruled on two sessions, in both orders."""
    shown = (JudgeRuled(model=MODEL, prompt="p", winner=one, cost=cost) for one in (first, second or first))
    return Compared(*shown)


def ran(**verdicts):
    """A comparison of layouts on one task, by whether each repeat passes."""
    cells = (ended(f"t/{name}/{n}", one) for name, all_ in verdicts.items() for n, one in enumerate(all_, 1))
    return analyse(plan(repeats=len(verdicts["solo"])), results(*cells))


def asked(said, rulings):
    """What comes of these rulings (or errors) by the layout's session: the count, who was asked, what was told."""
    pairs, told = [], list[str]()

    def judge(this, other):
        pairs.append((this, other))
        if isinstance(rulings[this], Exception):
            raise rulings[this]
        return rulings[this]

    (found,) = judged(said, MODEL, judge, told.append)
    return found, pairs, told


def shown(said):
    """The terminal's table, and the report."""
    console = Console(width=120)
    with console.capture() as captured:
        console.print(tables(said, "c"))
    return captured.get(), page(said, "c", {})


def test_each_pair_is_judged_once_and_held_against_the_tests():
    said = ran(solo=[True, True, False], duo=[True, False, True])
    rulings = {"t-duo-1": ruling("neither"), "t-duo-2": ruling("other"), "t-duo-3": ruling("other")}
    found, pairs, told = asked(said, rulings)
    assert pairs == [("t-duo-1", "t-solo-1"), ("t-duo-2", "t-solo-2"), ("t-duo-3", "t-solo-3")]
    assert (found.layout, found.better.value, found.worse.value, found.swayed.value) == ("duo", 0.0, 2 / 3, 0.0)
    assert (found.agrees.value, found.agrees.n) == (0.5, 2)
    assert (round(found.cost, 6), found.unpriced, found.unjudged) == (0.06, 0, 0)
    assert [line.partition(": ")[2] for line in told] == [
        "neither did better", "solo did better", "solo did better"
    ]  # fmt: skip


def test_cells_without_their_pair_are_not_judged():
    said = analyse(plan(repeats=2), results(ended("t/solo/1", True), ended("t/duo/2", True)))
    found, pairs, _ = asked(said, {})
    assert (found.better.n, pairs) == (0, [])


def test_what_the_judge_said_stands_beside_what_the_tests_say():
    said = ran(solo=[True], duo=[False])
    said = replace(said, judged=[asked(said, {"t-duo-1": ruling("other")})[0]])
    assert document(said, "c")["judged"]["duo"]["worse"]["value"] == 1
    table, report = shown(said)
    assert re.search(r"judge agrees with the tests +100 % n=1 \*", table)
    assert "order in which" not in table
    for text in (table, report):
        assert "Judge: openai/judge, 2 rulings, $0.0200." in text


def test_whoever_goes_by_the_order_finds_nothing_better_and_that_is_told():
    said = ran(solo=[True, True], duo=[False, False])
    found, _, told = asked(said, {"t-duo-1": ruling("this", "other", None), "t-duo-2": ruling("this", "other")})
    assert [found.better.value, found.worse.value, found.swayed.value, found.agrees.value] == [0, 0, 1, 0]
    assert told[0] == "[1/2] t/duo/1 against t/solo/1: the order decided"
    table, report = shown(replace(said, judged=[found]))
    assert re.search(r"judge: the order decided +100 % n=2 \*", table)
    for text in (" ".join(table.split()), report):
        assert "In 2 of 2 pairs of duo the judge&#x27;s answer" in text.replace("'", "&#x27;")
        assert "4 rulings, $0.0200, 2 of them without a known price." in text


def test_a_pair_without_a_ruling_takes_no_other_with_it():
    said = ran(solo=[True, True], duo=[False, False])
    found, _, told = asked(said, {"t-duo-1": JudgeError("It said something else."), "t-duo-2": ruling("other")})
    assert (found.worse.value, found.worse.n, found.unjudged) == (1.0, 1, 1)
    assert told[0] == "[1/2] t/duo/1 against t/solo/1: It said something else."
    for text in shown(replace(said, judged=[found])):
        assert "On 1 of 2 pairs of duo the judge has not ruled." in text


def test_a_model_that_does_not_answer_is_asked_once():
    said = ran(solo=[True, True], duo=[False, False])
    found, pairs, told = asked(said, {"t-duo-1": JudgeSilent("It does not answer.")})
    assert (len(pairs), found.unjudged, len(told)) == (1, 2, 1)
