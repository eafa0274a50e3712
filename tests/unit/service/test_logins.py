"""The user's own logins: where they are found, and what of them an agent gets."""

import base64
import json
import stat
from pathlib import Path

import pytest

from agentmux import registry
from agentmux.config import AgentSpec, Login, Session
from agentmux.errors import SessionError
from agentmux.paths import SessionPaths
from agentmux.service.logins import find, lend, secrets_in, take_back

ACCESS, REFRESH, OTHER = "access-canary-0123456789", "refresh-canary-0123456789", "other-canary-0123456789"
LATER, EARLIER = 4102444800.0, 1577836800.0  # in 2100, and in 2020


def login(**more):
    file = {"path": "~/.cli/auth.json", "moved_by": "CLI_HOME", "keychain": "CLI-login", "keep": ["mine"]}
    file |= {"blank": ["mine.refresh"], "expires": "mine.until"}
    return Login.model_validate({"env": ["CLI_TOKEN"], "files": [file], "renew": "cli login", **more})


@pytest.fixture
def world(tmp_path, monkeypatch):
    """The user's home, with a login in it, and an agent."""
    user = tmp_path / "user"
    (user / ".cli").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(user))
    paths = SessionPaths(tmp_path / "session")
    paths.agent_home("ada").mkdir(parents=True)
    return user, paths


def found(env):
    there = find(login(), env)
    assert there
    return there


def where(env):
    return found(env).where


def write(folder, **mine):
    data = {"mine": {"access": ACCESS, "refresh": REFRESH, **mine}, "others": {"access": OTHER}}
    (folder / "auth.json").write_text(json.dumps(data))


def spec():
    profile = registry.profile("shell").model_copy(update={"login": login()})
    return AgentSpec(name="ada", profile_name="shell", profile=profile, login=True)


def test_a_login_is_found_in_the_environment_in_its_file_and_where_that_was_moved_to(world, tmp_path):
    user, _ = world
    assert find(login(), {}) is None
    write(user / ".cli")
    assert where({}) == "~/.cli/auth.json"
    assert where({"CLI_TOKEN": " "}) == "~/.cli/auth.json"
    assert where({"CLI_TOKEN": "t"}) == "CLI_TOKEN in the environment"
    assert find(login(), {"CLI_HOME": str(tmp_path)}) is None
    write(tmp_path)
    assert where({"CLI_HOME": str(tmp_path)}) == str(tmp_path / "auth.json")


def test_what_is_no_json_is_no_login(world):
    user, _ = world
    for text in ("", "{", "[]", '"x"'):
        (user / ".cli/auth.json").write_text(text)
        assert find(login(), {}) is None


def jwt(claims):
    return f"e30.{base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip('=')}.c2ln"


@pytest.mark.parametrize(
    ("until", "over"),
    [
        (LATER, False),
        (LATER * 1000, False),
        (EARLIER, True),
        (EARLIER * 1000, True),
        (jwt({"exp": LATER}), False),
        (jwt({"exp": EARLIER}), True),
        (jwt([]), False),
        ("e30.e.e", False),
        ("soon", False),
        (None, False),
    ],
)
def test_a_login_tells_until_when_it_can_be_used(world, until, over):
    user, _ = world
    write(user / ".cli", until=until)
    assert found({}).over is over


def test_a_copy_is_private_and_has_nothing_that_could_end_the_users_own(world):
    user, paths = world
    write(user / ".cli")
    before = (user / ".cli/auth.json").read_bytes()
    assert lend(paths, spec(), {}) == [ACCESS]
    copy = paths.agent_home("ada") / ".cli/auth.json"
    assert json.loads(copy.read_text()) == {"mine": {"access": ACCESS, "refresh": ""}}
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert (user / ".cli/auth.json").read_bytes() == before


def test_another_start_copies_what_was_renewed_and_keeps_the_copy_of_what_is_gone(world):
    user, paths = world
    write(user / ".cli")
    lend(paths, spec(), {})
    write(user / ".cli", access="renewed-canary-0123456789")
    assert lend(paths, spec(), {}) == ["renewed-canary-0123456789"]
    (user / ".cli/auth.json").unlink()
    assert lend(paths, spec(), {}) == ["renewed-canary-0123456789"]
    (paths.agent_home("ada") / ".cli/auth.json").unlink()
    with pytest.raises(SessionError, match="is gone"):
        lend(paths, spec(), {})


def test_a_token_in_the_environment_needs_no_file(world):
    user, paths = world
    write(user / ".cli")
    assert lend(paths, spec(), {"CLI_TOKEN": "t"}) == []
    assert not (paths.agent_home("ada") / ".cli").exists()


def test_a_link_that_the_agent_has_put_there_leads_nowhere(world, tmp_path):
    user, paths = world
    write(user / ".cli")
    home, outside = paths.agent_home("ada"), tmp_path / "outside"
    outside.mkdir()
    (home / ".cli").symlink_to(outside)
    with pytest.raises(SessionError, match="cannot be written"):
        lend(paths, spec(), {})
    (home / ".cli").unlink()
    (home / ".cli").mkdir()
    for name in ("auth.json", "auth.json.new"):
        (home / ".cli" / name).symlink_to(outside / name)
    lend(paths, spec(), {})
    assert list(outside.iterdir()) == []
    assert not (home / ".cli/auth.json").is_symlink()


def test_copies_are_taken_back_and_nothing_else(world):
    user, paths = world
    write(user / ".cli")
    lend(paths, spec(), {})
    layout = registry.layout("solo")
    session = Session(
        id="s", created=0, repo="/r", base="b", layout_name="solo", layout=layout, sandbox="process", agents=[spec()]
    )
    (paths.agent_home("ada") / ".cli/history").write_text("x")
    take_back(paths, session)
    assert [path.name for path in (paths.agent_home("ada") / ".cli").iterdir()] == ["history"]
    take_back(paths, session)
    assert (user / ".cli/auth.json").exists()


def test_a_keychain_is_read_only_for_the_copy(world, tmp_path, monkeypatch):
    _, paths = world
    tools = tmp_path / "bin"
    tools.mkdir()
    asked = tmp_path / "asked"
    security = tools / "security"
    security.write_text(
        f'#!/bin/sh\necho "$@" >> {asked}\ncase "$*" in *-w*) echo \'{{"mine": {{"access": "{ACCESS}"}}}}\';; esac\n'
    )
    security.chmod(0o755)
    monkeypatch.setenv("PATH", str(tools), prepend=":")
    monkeypatch.setattr("platform.system", lambda: "Darwin")
    assert where({}) == "the keychain's CLI-login"
    assert asked.read_text() == "find-generic-password -s CLI-login\n"
    assert lend(paths, spec(), {}) == [ACCESS]
    assert asked.read_text().splitlines()[1:] == ["find-generic-password -w -s CLI-login"]
    monkeypatch.setattr("platform.system", lambda: "Linux")
    assert find(login(), {}) is None


def test_long_words_of_a_login_are_secrets():
    text = json.dumps({"a": [{"b": ACCESS}], "c": "bearer", "d": "two words that are long", "e": 12345678901234567890})
    assert secrets_in(text) == [ACCESS]
    assert secrets_in("no json") == []


@pytest.mark.parametrize("name", ["claude", "codex", "gemini"])
def test_the_shipped_logins_are_where_their_clis_keep_them(world, name):
    user, paths = world
    profile = registry.profile(name)
    texts = {
        "claude": {"claudeAiOauth": {"accessToken": ACCESS, "refreshToken": REFRESH, "expiresAt": LATER * 1000}},
        "codex": {"tokens": {"access_token": jwt({"exp": LATER}), "refresh_token": REFRESH}},
        "gemini": {"access_token": ACCESS, "refresh_token": REFRESH},
    }
    assert profile.login
    file = profile.login.files[0]
    place = user / Path(file.path.removeprefix("~/"))
    place.parent.mkdir(parents=True)
    place.write_text(json.dumps(texts[name]))
    there = find(profile.login, {})
    assert there
    assert there.until == (None if name == "gemini" else pytest.approx(LATER))
    agent = AgentSpec(name="ada", profile_name=name, profile=profile, login=True)
    assert (REFRESH in lend(paths, agent, {})) is (name == "gemini")
    assert (REFRESH in (paths.agent_home("ada") / place.relative_to(user)).read_text()) is (name == "gemini")
