"""Capture the screens that profiles' rules are tested on: `python scripts/screens.py claude codex`.

Runs the real CLIs, each in its container at the scripted model, brings them into the states of `SCENES`, and writes
what their panes show at two widths to `tests/fixtures/screens/CLI/VERSION/STATE-WIDTH.txt`. Run it again when a profile
pins another version, look at what it wrote, and delete the old version's folder. It takes about ten minutes; names of
scenes behind those of the profiles capture only these.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from agentmux import registry
from agentmux.cli.demo import fresh_repository
from agentmux.config import AgentSpec, Layout, Profile, Seat
from agentmux.paths import SessionPaths, shipped
from agentmux.service import process, session
from agentmux.service.models import with_model
from agentmux.service.session import NewSession
from agentmux.terminal.client import command

FIXTURES = Path(__file__).parent.parent / "tests" / "fixtures" / "screens"
WIDTHS = (160, 80)
ROWS = 40
TASK = "Do your part."
PATIENCE = 180.0
"""Seconds until a text that must come is given up."""
SETTLE = 5.0
"""Seconds that a screen gets to be drawn after something has changed."""
LEAVE = {"mini": "", "aider": "/exit", "claude": "/exit", "opencode": "/exit"}
"""What is typed at the prompt to end the CLI, where it is not `/quit`."""


@dataclass(frozen=True)
class Shot:
    """One state to be captured.

    `reads` is what the rules must say of it; of the profiles in `otherwise` what stands there, since their CLIs do
    something else then. It is there `after` so many seconds, or when `shows` is on the screen, counted from when `keys`
    were pressed: tmux's names of keys, for a profile of this name. Profiles that `lack` it have no such screen.
    """

    state: str
    reads: str
    shows: str = ""
    after: float = 0.0
    keys: Callable[[str], list[str]] = lambda _: []
    otherwise: Mapping[str, str] = field(default_factory=dict)
    lack: Sequence[str] = ()


@dataclass(frozen=True)
class Scene:
    """A session: what the model plays (for a profile), what is captured in turn, what differs in profiles, layout."""

    steps: list[dict[str, Any]] | Callable[[str], list[dict[str, Any]]]
    shots: list[Shot]
    change: Callable[[Profile], Profile] = lambda profile: profile
    layout: dict[str, Any] = field(default_factory=dict)


def without_key(profile: Profile) -> Profile:
    """The profile as of somebody who has logged in nowhere."""
    env = {name: value for name, value in profile.env.items() if not re.search("KEY|TOKEN|BASE", name)}
    key = r'model_provider = "room"|"auth": \{.*?\}, |, "apiKey": "kept-by-the-room"'
    return changed(profile.model_copy(update={"env": env}), key)


def asking_itself(profile: Profile) -> Profile:
    """The profile whose CLI asks in a dialog of its own.

    Codex has none while its hook asks in the app, and others are told by their profiles not to ask.
    """
    hook = r"\[\[hooks\.PermissionRequest\]\].*?timeout = \d+\n"
    command = [word for word in profile.command if word != "--yolo"]
    told = profile.model_copy(update={"command": command})
    return changed(changed(told, rf"{hook}|yes-always: true"), '"permission": "allow"', '"permission": "ask"')


def changed(profile: Profile, pattern: str, text: str = "") -> Profile:
    """The profile with a text in place of what the pattern matches in its files."""
    files = [
        file.model_copy(update={"text": re.sub(pattern, text, file.text, flags=re.DOTALL)}) for file in profile.files
    ]
    return profile.model_copy(update={"files": files})


def asking(name: str) -> list[dict[str, Any]]:
    """A command that needs permission; Codex has to say so."""
    if name != "codex":
        return [{"run": "touch b.txt"}]
    arguments = {"cmd": "touch b.txt", "sandbox_permissions": "require_escalated", "justification": "May I?"}
    return [{"call": "exec_command", "arguments": arguments}]


PATIENT = dict.fromkeys(("gemini", "mini"), "working")
LIMITED = PATIENT | {"opencode": "working"}
"""They go on trying for longer than anybody wants to wait here."""
KEYLESS = {"aider": "idle", "native": "idle", "mini": ""}
"""These have no login: they say that a key is missing, and are at their prompts again, or end; OpenCode goes on."""
SCENES = {
    "turn": Scene(
        [{"say": "All is done here."}, {"end": True}],
        [
            Shot("idle", "idle", shows="All is done here"),
            Shot("typed", "working", keys=lambda _: ["-l", "half a line"]),
            Shot("done", "", keys=lambda name: ["C-u", LEAVE.get(name, "/quit"), "Enter"], after=10),
        ],
    ),
    # One long command would be sent to the background.
    "tool": Scene([{"say": "I begin."}, *[{"run": "sleep 4"}] * 100], [Shot("working", "working", after=60)]),
    "thought": Scene([{"slow": "15m"}, {"say": "So be it."}], [Shot("thinking", "working", after=60)]),
    "permission": Scene(
        asking,
        [Shot("asking", "needs you", after=170, lack=["native"])],
        change=asking_itself,
        layout={"permissions": "ask"},
    ),
    "error": Scene(
        [{"fail": 500, "times": 1000}],
        [Shot("retrying", "working", after=30), Shot("error", "idle", after=240, otherwise=PATIENT)],
    ),
    "limit": Scene([{"fail": 429, "times": 1000}], [Shot("rate-limit", "idle", after=240, otherwise=LIMITED)]),
    "login": Scene(
        [{"end": True}],
        [Shot("login", "needs you", after=60, otherwise=KEYLESS, lack=["opencode"])],
        change=without_key,
    ),
}


def main(names: list[str], scenes: list[str]) -> None:
    """Capture the named profiles' screens in the named scenes."""
    with home():
        for scene in scenes:
            play(scene, names)


def lacking(scene: Scene, name: str) -> bool:
    """Whether a profile's CLI has none of the screens."""
    return all(name in shot.lack for shot in scene.shots)


def play(title: str, names: list[str]) -> None:
    """Play one scene with all of the profiles at once, as the agents a0, a1 ..."""
    scene = SCENES[title]
    agents = {f"a{number}": name for number, name in enumerate(names) if not lacking(scene, name)}
    if not agents:
        return
    specs = [
        with_model(AgentSpec(name=agent, profile_name=name, profile=profile, task=TASK), {})
        for agent, name, profile in ((a, n, scene.change(registry.profile(n))) for a, n in agents.items())
    ]
    seats = [Seat(name=agent, profile=name) for agent, name in agents.items()]
    layout = Layout(title="screens", agents=seats, **scene.layout)
    steps = {agent: scene.steps(name) if callable(scene.steps) else scene.steps for agent, name in agents.items()}
    parts = [{"name": agent, "steps": part} for agent, part in steps.items()]
    script = yaml.safe_dump({"agents": parts, "steps": parts[0]["steps"]})  # aider's requests tell no name
    repo = fresh_repository(shipped("demo") / "repo")
    paths = session.create(NewSession(repo, "screens", layout, specs, "", "docker", script=script))
    process.start_room(paths)
    try:
        wait(lambda: all(agent.started for agent in session.state_of(paths).agents.values()), 1800)
        for shot in scene.shots:
            capture(paths, agents, shot)
    finally:
        process.shut_down(paths)


def capture(paths: SessionPaths, agents: dict[str, str], shot: Shot) -> None:
    """Bring all agents into the state, then write their screens at each width."""
    panes = {agent: str(session.state_of(paths).agents[agent].pane) for agent in agents}
    for agent, name in agents.items():
        for key in [keys] if (keys := shot.keys(name))[:1] == ["-l"] else [[key] for key in keys if key]:
            tmux(paths, "send-keys", "-t", panes[agent], *key)
            time.sleep(1)
    for pane in panes.values():  # some show nothing for a minute where the machine is busy
        wait(lambda pane=pane: TASK in tmux(paths, "capture-pane", "-p", "-S", "-", "-t", pane))
    time.sleep(shot.after)
    for agent, name in agents.items():
        if not wait(lambda pane=panes[agent]: shot.shows in tmux(paths, "capture-pane", "-p", "-t", pane)):
            print(f"{name}: '{shot.shows}' did not come", flush=True)
    for width in WIDTHS:
        for pane in panes.values():
            tmux(paths, "resize-window", "-t", pane, "-x", str(width), "-y", str(ROWS))
        time.sleep(SETTLE)
        for agent, name in agents.items():
            write(paths, agent, name, shot, width)


def write(paths: SessionPaths, agent: str, name: str, shot: Shot, width: int) -> None:
    """Write one screen, below a header that says what it is; the agent's name in it becomes a0."""
    pane = str(session.state_of(paths).agents[agent].pane)
    version = re.search(r"(?:@|==)([\d.]+)", str(registry.profile(name).install))
    assert version
    cursor, dead = tmux(paths, "display-message", "-p", "-t", pane, "#{cursor_y} #{pane_dead}").split()
    reads = shot.otherwise.get(name, shot.reads)
    head = {"state": shot.state, "reads": reads or "nothing: it has ended", "cursor": cursor, "dead": dead}
    screen = re.sub(rf"\b{agent}\b", "a0", tmux(paths, "capture-pane", "-p", "-t", pane))
    file = FIXTURES / name / version[1] / f"{shot.state}-{width}.txt"
    file.parent.mkdir(parents=True, exist_ok=True)
    lines = "".join(f"{line.rstrip()}\n" for line in screen.split("\n")[:-1])
    file.write_text("".join(f"# {key}: {value}\n" for key, value in head.items()) + lines)
    print(file, flush=True)


def tmux(paths: SessionPaths, *words: str) -> str:
    """What the session's tmux server answers."""
    return subprocess.run(command(paths.tmux_sock, *words), capture_output=True, text=True, check=False).stdout


def wait(holds: Callable[[], object], seconds: float = PATIENCE) -> bool:
    """Whether something comes to hold within `seconds`."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.5)
    return True


@contextmanager
def home() -> Iterator[None]:
    """A home of this program's own, for it and for the rooms that it starts; nothing of it stays."""
    folder = Path(tempfile.mkdtemp(prefix="amxs", dir="/tmp"))
    (folder / "run").mkdir(mode=0o700)
    os.environ |= {"AGENTMUX_HOME": str(folder), "AGENTMUX_CONFIG": str(folder / "c")}
    os.environ |= {"XDG_RUNTIME_DIR": str(folder / "run")}
    try:
        yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    chosen = [word for word in sys.argv[1:] if word in SCENES]
    main([word for word in sys.argv[1:] if word not in SCENES], chosen or list(SCENES))
