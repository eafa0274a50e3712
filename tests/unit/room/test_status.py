from agentmux.config import ScreenRules
from agentmux.room.status import read_screen, trials

RULES = ScreenRules(idle=r"^{agent}> $|^{agent}>$", needs_you=[r"^\? .*\[y/n\]"], working=[r"^⠋ "], lines=4)


def state(*rows: str, cursor: int | None = None, rules: ScreenRules = RULES, quiet: bool = False) -> str:
    return read_screen(rules, "ada", rows, len(rows) - 1 if cursor is None else cursor, quiet=quiet).state


def test_empty_prompt_under_the_cursor_is_idle():
    assert state("done", "ada> ") == "idle"


def test_half_typed_line_is_not_idle():
    assert state("done", "ada> hel") == "working"


def test_prompt_above_the_cursor_is_not_idle():
    assert state("ada> ", "something", cursor=1) == "working"


def test_a_question_wins_over_everything():
    assert state("⠋ thinking", "? run it [y/n]", "ada> ") == "needs you"


def test_a_question_far_up_is_history():
    assert state("? run it [y/n]", "1", "2", "3", "ada> ") == "idle"


def test_the_agents_name_is_no_pattern():
    rules = ScreenRules(idle=r"^{agent}>$")
    assert read_screen(rules, "a.a", ["aXa>"], 0, quiet=False).state == "working"


def test_without_rules_quiet_decides():
    assert state("$ ", rules=ScreenRules()) == "working"
    assert state("$ ", rules=ScreenRules(), quiet=True) == "idle"


def test_the_verdict_names_the_rule_and_the_line():
    verdict = read_screen(RULES, "ada", ["? run it [y/n]"], 0, quiet=False)
    assert (verdict.rule, verdict.line) == (r"^\? .*\[y/n\]", "? run it [y/n]")


def test_rules_are_tried_in_order_each_with_the_line_that_it_matched():
    tried = list(trials(RULES, "ada", ["⠋ thinking", "ada>"], 1))
    assert [(trial.state, trial.line) for trial in tried] == [
        ("needs you", None),
        ("working", "⠋ thinking"),
        ("idle", "ada>"),
    ]
