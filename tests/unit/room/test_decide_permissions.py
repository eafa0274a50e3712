"""Requests for permission: asked for agents, answered by the human, once or for always."""

from agentmux.room.commands import Answer, AskPermission, ReportExit, WithdrawPermission
from agentmux.room.events import PermissionAnswered, PermissionAsked, PermissionWithdrawn, RoomStarted

TESTS = AskPermission(agent="ada", tool="Bash", what="make test", covers="make test")


def kinds(duo, since):
    return [type(entry.event) for entry in duo.log[since:] if "permission" in entry.event.kind]


def test_an_answer_is_timed_and_lets_the_agent_go_on(duo):
    number = duo.do("room", TESTS)["id"]
    assert duo.state.agents["ada"].state == "needs you"
    duo.wait(7)
    assert duo.do("you", Answer(id=number, answer="no", text="use pytest")) == {"agent": "ada", "tool": "Bash"}
    answered = next(entry.event for entry in duo.log if isinstance(entry.event, PermissionAnswered))
    assert (answered.answer, answered.text, answered.seconds) == ("no", "use pytest", 7.0)
    assert (duo.state.agents["ada"].state, duo.state.permissions) == ("working", {})
    assert "Nobody waits" in duo.refused("you", Answer(id=number, answer="yes")).reason


def test_an_agent_with_two_requests_waits_for_both(duo):
    first = duo.do("room", TESTS)["id"]
    second = duo.do("room", TESTS)["id"]
    duo.do("you", Answer(id=second, answer="yes"))
    assert duo.state.agents["ada"].state == "needs you"
    duo.do("you", Answer(id=first, answer="yes"))
    assert duo.state.agents["ada"].state == "working"


def test_always_goes_for_exactly_this_agent_tool_and_command(duo):
    duo.do("you", Answer(id=duo.do("room", TESTS)["id"], answer="always"))
    before = len(duo.log)
    duo.do("room", TESTS)
    assert kinds(duo, before) == [PermissionAsked, PermissionAnswered]
    assert (duo.state.agents["ada"].state, duo.state.permissions) == ("working", {})
    for other in (
        {"agent": "bob"},
        {"tool": "Shell"},
        {"what": "make test && rm -r /", "covers": "make test && rm -r /"},
        {"covers": ""},
    ):
        before = len(duo.log)
        duo.do("room", TESTS.model_copy(update=other))
        assert kinds(duo, before) == [PermissionAsked], other


def test_always_answers_what_waits_for_the_same(duo):
    first = duo.do("room", TESTS)["id"]
    duo.do("room", TESTS)
    other = duo.do("room", AskPermission(agent="ada", tool="Bash", what="ls", covers="ls"))["id"]
    duo.do("you", Answer(id=first, answer="always"))
    assert list(duo.state.permissions) == [other]


def test_what_covers_nothing_is_answered_for_once(duo):
    number = duo.do("room", AskPermission(agent="ada", tool="Bash", what="x"))["id"]
    assert "once only" in duo.refused("you", Answer(id=number, answer="always")).reason
    duo.do("you", Answer(id=number, answer="yes"))
    assert duo.state.permitted == set()


def test_a_request_that_nobody_waits_for_is_withdrawn(duo):
    number = duo.do("room", TESTS)["id"]
    duo.do("room", WithdrawPermission(id=number, why="answered in its pane"))
    assert (duo.state.agents["ada"].state, duo.state.permissions) == ("working", {})
    before = len(duo.log)
    duo.do("room", WithdrawPermission(id=number, why="again"))
    assert len(duo.log) == before
    number = duo.do("room", TESTS)["id"]
    duo.do("room", WithdrawPermission(id=number, why="left to its own dialog", elsewhere=True))
    assert duo.state.agents["ada"].state == "needs you"


def test_the_end_of_an_agent_and_of_a_room_ends_its_requests(duo):
    duo.do("room", TESTS)
    kept = duo.do("room", TESTS.model_copy(update={"agent": "bob"}))["id"]
    duo.do("room", ReportExit(agent="ada", status=1))
    assert list(duo.state.permissions) == [kept]
    assert isinstance(duo.log[-1].event, PermissionWithdrawn)
    assert duo.state.agents["ada"].state == "failed"
    duo.record("room", RoomStarted(pid=1, restarted=True))
    assert duo.state.permissions == {}


def test_only_the_human_answers(duo):
    number = duo.do("room", TESTS)["id"]
    for actor in ("ada", "bob", "room"):
        assert "may not ask for 'answer'" in duo.refused(actor, Answer(id=number, answer="yes")).reason
    assert "may not ask for 'permission'" in duo.refused("ada", TESTS).reason
