from __future__ import annotations

import pytest

from agentmux.room.commands import Claim, Pause, Release, ReportExit, ReportState, Tick, Touched
from agentmux.room.events import MessageSent


def test_a_grant_tells_everything_the_holder_needs(duo):
    granted = duo.do("ada", Claim(paths=["./src//api/", "src/api/"], lease=60))["granted"]
    assert granted == {"id": 1, "paths": ["src/api/"], "mode": "exclusive", "until": 1060.0, "fence": 1}
    assert duo.state.claims[1].holder == "ada"


def test_without_a_lease_it_lasts_a_quarter_of_an_hour(duo):
    assert duo.do("ada", Claim(paths=["a"]))["granted"]["until"] == duo.now + 900


@pytest.mark.parametrize(
    ("paths", "words"),
    [
        ([], "at least one"),
        (["ok", "/etc"], "absolute"),
        (["../x"], "'..'"),
        ([" "], "empty"),
        (["a"] * 65, "64 paths"),
    ],
)
def test_a_claim_that_cannot_be_is_refused_with_a_sentence(duo, paths, words):
    refusal = duo.refused("ada", Claim(paths=paths))
    assert words in refusal.reason
    assert duo.state.refused == 0


def test_what_a_member_claims_must_not_be_too_hard_to_compare(duo):
    hard = [f"hard/{n}{'*a*b' * 9}" for n in range(12)]
    assert "too many paths or patterns" in duo.refused("ada", Claim(paths=hard)).reason
    duo.do("ada", Claim(paths=hard[:6]))
    refusal = duo.refused("ada", Claim(paths=hard[6:]))
    assert "too many paths or patterns" in refusal.reason
    assert "fewer wildcards" in refusal.hint
    duo.do("ada", Claim(paths=["one.py"]))
    duo.do("bob", Claim(paths=[f"src/{n}" for n in range(64)]))
    duo.do("bob", Claim(paths=[f"tests/{n}/**/test_*.py" for n in range(16)]))
    duo.do("ada", Release())
    duo.do("ada", Claim(paths=hard[6:]))


def test_a_member_cannot_fill_the_board(duo):
    for n in range(64):
        duo.wait(2)
        duo.do("ada", Claim(paths=[f"f{n}.py"]))
    assert "64 claims" in duo.refused("ada", Claim(paths=["more.py"])).reason
    duo.do("ada", Claim(paths=["f1.py"]))
    duo.do("bob", Claim(paths=["more.py"]))
    duo.do("ada", Release(id=1))
    duo.do("ada", Claim(paths=["f0.py"]))


@pytest.mark.parametrize(
    ("held", "asked", "granted"),
    [
        ("exclusive", "exclusive", False),
        ("exclusive", "shared", False),
        ("shared", "exclusive", False),
        ("shared", "shared", True),
    ],
)
def test_who_may_hold_the_same_path_together(duo, held, asked, granted):
    duo.do("ada", Claim(paths=["src/**"], mode=held))
    decision = duo.ask("bob", Claim(paths=["src/a.py"], mode=asked))
    assert (decision.refusal is None) is granted


def test_all_or_nothing_with_what_stands_in_the_way(trio):
    trio.do("ada", Claim(paths=["src/*.py"], intent="rename", lease=100))
    trio.do("bob", Claim(paths=["docs/"], mode="shared"))
    trio.now += 40
    refusal = trio.refused("cy", Claim(paths=["free.txt", "src/a*", "docs/x.md"], intent="all of it"))
    assert refusal.facts == {
        "waiting": 3,
        "blockers": [
            {
                "id": 1,
                "holder": "ada",
                "paths": ["src/*.py"],
                "mode": "exclusive",
                "intent": "rename",
                "until": 1100.0,
                "seconds_left": 60.0,
            },
            {
                "id": 2,
                "holder": "bob",
                "paths": ["docs/"],
                "mode": "shared",
                "intent": "",
                "until": 1900.0,
                "seconds_left": 860.0,
            },
        ],
    }
    assert "ada holds src/*.py" in refusal.reason
    assert [lease.holder for lease in trio.state.claims.values()] == ["ada", "bob"]
    waiting = trio.state.waiting[3]
    assert (waiting.asker, waiting.behind, waiting.intent) == ("cy", (1, 2), "all of it")
    assert trio.state.rulings[3].holders == ("ada", "bob")
    assert "free.txt" not in str(trio.state.claims)


def test_asking_again_while_in_line_changes_nothing(duo):
    duo.do("ada", Claim(paths=["a", "b"]))
    first = duo.refused("bob", Claim(paths=["./a", "b"]))
    seq = duo.state.seq
    again = duo.refused("bob", Claim(paths=["b", "./a"]))
    assert again.facts["waiting"] == first.facts["waiting"] == 2
    assert duo.state.seq == seq


def test_asking_again_in_another_mode_replaces_the_place_in_line(duo):
    duo.do("ada", Claim(paths=["a"]))
    duo.refused("bob", Claim(paths=["a"], mode="shared"))
    refusal = duo.refused("bob", Claim(paths=["a"]))
    assert list(duo.state.waiting) == list(duo.state.rulings) == [refusal.facts["waiting"]] == [3]


def test_asking_for_what_one_holds_renews_it(duo):
    first = duo.do("ada", Claim(paths=["src/api/**", "docs"], lease=100))["granted"]
    duo.now += 50
    again = duo.do("ada", Claim(paths=["src/api/v1/a.py"], mode="shared"))["granted"]
    assert again == {**first, "until": 1150.0}
    assert duo.do("ada", Claim(paths=["docs"], lease=10))["granted"]["until"] == 1150.0
    assert duo.happened()[-2:] == ["claim.granted", "claim.renewed"]


def test_a_wider_claim_takes_over_the_narrower_one(duo):
    duo.do("ada", Claim(paths=["src/a.py"]))
    granted = duo.do("ada", Claim(paths=["src/*.py"]))["granted"]
    assert list(duo.state.claims) == [granted["id"]] == [2]
    assert granted["fence"] == 2


def test_a_shared_claim_becomes_exclusive_only_when_nobody_shares_it(duo):
    duo.do("ada", Claim(paths=["a"], mode="shared"))
    duo.do("bob", Claim(paths=["a"], mode="shared"))
    duo.refused("ada", Claim(paths=["a"]))
    assert [lease.mode for lease in duo.state.claims.values()] == ["shared", "shared"]
    duo.do("bob", Release())
    granted = duo.do("ada", Claim(paths=["a"]))["granted"]
    assert granted["mode"] == "exclusive"
    assert list(duo.state.claims) == [granted["id"]]


def test_one_may_hold_overlapping_claims_of_ones_own(duo):
    duo.do("ada", Claim(paths=["src/a*"]))
    duo.do("ada", Claim(paths=["src/*.py"]))
    assert len(duo.state.claims) == 2


def test_disjoint_parts_of_a_file_can_be_held_by_two(duo):
    duo.do("ada", Claim(paths=["app.py#Room"]))
    duo.do("bob", Claim(paths=["app.py#Log"]))
    duo.refused("bob", Claim(paths=["app.py"]))


# -- endings ----------------------------------------------------------------------------------------------------


def test_release_by_number_by_paths_and_all(duo):
    for path in ("a", "b", "c", "d"):
        duo.do("ada", Claim(paths=[path]))
    assert duo.do("ada", Release(id=1)) == {"released": [1]}
    assert duo.do("ada", Release(paths=["./b", "b", "x"])) == {"released": [2]}
    assert duo.do("ada", Release()) == {"released": [3, 4]}
    assert duo.do("ada", Release()) == {"released": []}


def test_only_ones_own_claims_can_be_released_but_the_human_may_end_any(duo):
    duo.do("ada", Claim(paths=["a"]))
    assert "belongs to ada" in duo.refused("bob", Release(id=1)).reason
    assert "no claim 9" in duo.refused("ada", Release(id=9)).reason
    assert "no claim on b" in duo.refused("ada", Release(paths=["b"])).reason
    assert duo.do("you", Release()) == {"released": []}
    assert duo.do("you", Release(id=1)) == {"released": [1]}


def test_leaving_the_line(duo):
    duo.do("ada", Claim(paths=["a"]))
    duo.refused("bob", Claim(paths=["a"]))
    assert "bob's place in line" in duo.refused("ada", Release(id=2)).reason
    assert duo.do("bob", Release(id=2)) == {"released": [2]}
    assert duo.state.waiting == duo.state.rulings == {}
    assert duo.told("bob") == []


ENDINGS = {
    "released": lambda s: s.do("ada", Release()),
    "expired": lambda s: (s.wait(901), s.do("room", Tick())),
    "expired, seen at the next claim": lambda s: (s.wait(901), s.do("cy", Claim(paths=["x"]))),
    "exited": lambda s: s.do("room", ReportExit(agent="ada", status=0)),
    "gone": lambda s: s.do("room", ReportState(agent="ada", state="gone")),
    "claimed away by itself": lambda s: (
        s.do("ada", Release(id=1)),
        s.do("ada", Claim(paths=["b"])),
    ),
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_who_waits_is_told_when_the_way_is_free(trio, ending):
    trio.do("ada", Claim(paths=["a"]))
    trio.do("cy", Claim(paths=["c"]))
    trio.refused("bob", Claim(paths=["a", "b"]))
    trio.refused("cy", Claim(paths=["a"]))
    ENDINGS[ending](trio)
    assert trio.state.waiting == trio.state.rulings == {}
    assert len(trio.told("bob")) == len(trio.told("cy")) == 1
    assert "a, b" in trio.told("bob")[0]
    sent = next(entry.event for entry in trio.log if isinstance(entry.event, MessageSent))
    assert sent.sender == "room"
    assert [lease for lease in trio.state.claims.values() if lease.holder == "bob"] == []


def test_who_still_has_somebody_in_the_way_goes_on_waiting(trio):
    trio.do("ada", Claim(paths=["a"]))
    trio.do("bob", Claim(paths=["b"]))
    trio.refused("cy", Claim(paths=["a", "b"]))
    trio.do("ada", Release())
    assert list(trio.state.waiting) == list(trio.state.rulings) == [3]
    assert trio.told("cy") == []
    trio.do("bob", Release())
    assert len(trio.told("cy")) == 1


def test_an_agent_that_ends_loses_its_claims_and_its_place_in_line(duo):
    duo.do("ada", Claim(paths=["a"]))
    duo.do("bob", Claim(paths=["b"]))
    duo.refused("ada", Claim(paths=["b"]))
    duo.do("room", ReportExit(agent="ada", status=1))
    assert [lease.holder for lease in duo.state.claims.values()] == ["bob"]
    assert duo.state.waiting == duo.state.rulings == {}
    assert duo.told("ada") == []
    assert "has ended" in duo.refused("ada", Claim(paths=["z"])).reason


def test_a_lease_ends_exactly_when_it_runs_out(duo):
    duo.do("ada", Claim(paths=["a"], lease=60))
    duo.now += 59.9
    duo.do("room", Tick())
    assert list(duo.state.claims) == [1]
    duo.refused("bob", Claim(paths=["a"]))
    duo.now += 0.1
    duo.do("bob", Claim(paths=["a"]))
    assert duo.happened()[-4:] == ["claim.expired", "claim.unqueued", "message.sent", "claim.granted"]
    assert [lease.holder for lease in duo.state.claims.values()] == ["bob"]


def test_a_tick_in_between_says_nothing(duo):
    duo.do("ada", Claim(paths=["a"]))
    assert duo.ask("room", Tick()).events == ()


# -- renewal by work --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("after", "agent", "path", "until"),
    [
        (10, "ada", "src/a.py", 1100.0),
        (9.9, "ada", "src/a.py", None),
        (50, "ada", "docs/a.md", None),
        (50, "bob", "src/a.py", None),
        (50, "ada", "src/a.py", 1140.0),
        (100, "ada", "src/a.py", None),
    ],
    ids=["worth it", "not worth an event", "elsewhere", "somebody else", "inside", "too late"],
)
def test_work_inside_a_claim_renews_it(duo, after, agent, path, until):
    duo.do("ada", Claim(paths=["src/"], lease=100))
    duo.now += after
    duo.do("room", Touched(agent=agent, paths=["x", path]))
    renewed = [entry.event.until for entry in duo.log if entry.event.kind == "claim.renewed"]
    assert renewed == ([] if until is None else [duo.now + 100])


def test_a_paused_agent_may_not_claim_but_may_release(duo):
    duo.do("ada", Claim(paths=["a"]))
    duo.do("you", Pause(agent="ada"))
    assert "paused by the human" in duo.refused("ada", Claim(paths=["b"])).reason
    assert duo.do("ada", Release()) == {"released": [1]}
