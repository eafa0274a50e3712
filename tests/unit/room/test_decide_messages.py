from __future__ import annotations

import pytest

from agentmux.room.commands import Note, Pause, ReadInbox, ReportExit, ReportTyped, Say, TaskTake
from agentmux.room.state import Receipt


@pytest.mark.parametrize(
    ("actor", "to", "recipients"),
    [
        ("ada", "all", ["bob", "cy", "you"]),
        ("ada", "bob", ["bob"]),
        ("ada", "you", ["you"]),
        ("you", "all", ["ada", "bob", "cy"]),
        ("room", "all", ["ada", "bob", "cy", "you"]),
    ],
)
def test_who_gets_a_message(trio, actor, to, recipients):
    assert trio.do(actor, Say(to=to, text="hello")) == {"id": 1, "to": recipients}
    assert trio.state.messages[1].sender == actor
    assert {member for member, ids in trio.state.unread.items() if ids == [1]} == set(recipients)


@pytest.mark.parametrize(
    ("say", "reason", "hint"),
    [
        (Say(to="bo", text="x"), "no member 'bo'", "Did you mean 'bob'? Known: ada, all, bob, you."),
        (Say(to="ada", text="x"), "to yourself", ""),
        (Say(to="room", text="x"), "reads no messages", "all, ada, bob, you"),
        (Say(text=""), "is empty", ""),
        (Say(text=" \n"), "is empty", ""),
        (Say(text="x" * 65537), "65,537 bytes", "file"),
        (Say(text="ü" * 32769), "65,538 bytes", "file"),
        (Say(text="x", reply_to=7), "no message 7", ""),
        (Say(text="x", via="now"), "interrupt", ""),
    ],
)
def test_what_cannot_be_said(duo, say, reason, hint):
    refusal = duo.refused("ada", say)
    assert reason in refusal.reason
    assert hint in refusal.hint
    assert duo.state.messages == {}


def test_64_kib_may_be_said(duo):
    duo.do("ada", Say(text="ü" * 32768))


def test_the_human_may_interrupt(duo):
    duo.do("you", Say(to="ada", text="stop", via="now"))
    assert duo.state.messages[1].via == "now"


def test_alone_there_is_nobody_to_talk_to(nobody):
    assert "nobody else" in nobody.refused("you", Say(text="x")).reason


def test_a_reply_goes_to_the_asker_and_marks_the_question_answered(trio):
    trio.do("ada", Say(text="which port?", ask=True, default="80"))
    assert trio.state.messages[1].open
    trio.now += 5
    assert trio.do("bob", Say(text="8080", reply_to=1)) == {"id": 2, "to": ["ada"]}
    assert trio.state.messages[1].receipts["bob"].answered == 1005.0
    assert trio.state.messages[1].receipts["cy"].answered is None
    assert not trio.state.messages[1].open


def test_a_question_is_closed_by_its_asker(duo):
    duo.do("ada", Say(to="you", text="which port?", ask=True))
    duo.do("ada", Say(text="you said 8080 at my prompt", reply_to=1))
    assert not duo.state.messages[1].open


def test_a_reply_may_go_elsewhere(trio):
    trio.do("ada", Say(to="bob", text="which port?", ask=True))
    assert trio.do("bob", Say(to="cy", text="ada wants the port", reply_to=1))["to"] == ["cy"]


def test_a_reply_to_what_is_no_question_answers_nothing(duo):
    duo.do("ada", Say(text="done"))
    duo.do("bob", Say(text="fine", reply_to=1))
    assert duo.state.messages[1].receipts["bob"].answered is None


def test_following_up_on_ones_own_message_goes_to_the_same_member(trio):
    trio.do("ada", Say(to="bob", text="which port?"))
    assert trio.do("ada", Say(text="for the demo", reply_to=1))["to"] == ["bob"]


def test_nobody_can_reply_to_the_room(duo):
    duo.do("room", Say(text="free"))
    assert "reads no messages" in duo.refused("ada", Say(text="thanks", reply_to=1)).reason


def test_the_inbox_gives_every_unread_message_once(duo):
    duo.do("ada", Say(to="bob", text="one", ask=True))
    duo.now += 1
    duo.do("you", Say(text="two"))
    duo.now += 1
    assert duo.do("bob", ReadInbox(how="reply")) == {
        "messages": [
            {"id": 1, "from": "ada", "text": "one", "ask": True, "at": 1000.0, "reply_to": None},
            {"id": 2, "from": "you", "text": "two", "ask": False, "at": 1001.0, "reply_to": None},
        ]
    }
    assert duo.state.messages[1].receipts == {"bob": Receipt(delivered=1002.0, read=1002.0)}
    assert duo.log[-2].event.how == duo.log[-4].event.how == "reply"
    assert duo.state.unread["ada"] == [2]
    decision = duo.ask("bob", ReadInbox())
    assert (decision.events, decision.reply) == ((), {"messages": []})


def test_typing_a_message_delivers_it(duo):
    duo.do("ada", Say(to="bob", text="one"))
    duo.do("room", ReportTyped(id=1, agent="bob", why="a dialog is open"))
    assert duo.state.messages[1].receipts["bob"] == Receipt(problem="a dialog is open")
    assert duo.ask("room", ReportTyped(id=1, agent="bob", why="a dialog is open")).events == ()
    duo.do("room", ReportTyped(id=1, agent="bob"))
    assert duo.state.messages[1].receipts["bob"] == Receipt(delivered=1000.0, read=1000.0)
    assert duo.happened()[-2:] == ["message.delivered", "message.read"]
    assert duo.state.unread["bob"] == []
    assert duo.ask("room", ReportTyped(id=1, agent="bob")).events == ()


@pytest.mark.parametrize(("number", "agent"), [(9, "bob"), (1, "ada")])
def test_only_a_recipient_can_have_been_typed_to(duo, number, agent):
    duo.do("ada", Say(to="bob", text="one"))
    duo.refused("room", ReportTyped(id=number, agent=agent))


def test_a_paused_agent_reads_but_does_not_speak(duo):
    duo.do("you", Say(text="wait"))
    duo.do("you", Pause(agent="ada"))
    for command in (Say(text="x"), TaskTake(id=1)):
        assert "paused by the human" in duo.refused("ada", command).reason
    assert len(duo.do("ada", ReadInbox())["messages"]) == 1
    duo.do("ada", Note(text="still here"))


def test_who_has_ended_does_not_speak(duo):
    duo.do("room", ReportExit(agent="ada", status=0))
    assert "ada has ended" in duo.refused("ada", Say(text="x")).reason
    duo.do("bob", Say(to="ada", text="for when you are back"))


def test_notes_are_kept_in_order(duo):
    duo.do("ada", Note(text="a"))
    duo.do("you", Note(text="b"))
    assert [(note.by, note.text) for note in duo.state.notes] == [("ada", "a"), ("you", "b")]
    assert "empty" in duo.refused("ada", Note(text="  ")).reason
    assert "bytes" in duo.refused("ada", Note(text="x" * 70000)).reason
