"""What a closed sandbox shows of the host, and where: the same paths in every container and in bubblewrap."""

from __future__ import annotations

import os
from pathlib import Path

from agentmux.sandbox.base import EGRESS_PORT, INSIDE, MODEL_PORT, ROOM_PORT, TREE, Box, Places

PLACES = Places(home="/home/agent", sockets="/run/agentmux", secrets="/run/secrets/agentmux", inside="/opt/agentmux")
EGRESS_LINK = f"{EGRESS_PORT}={PLACES.sockets}/egress.sock"
LINKS = f"{ROOM_PORT}={PLACES.sockets}/room.sock {MODEL_PORT}={PLACES.sockets}/model.sock {EGRESS_LINK}"
PROXY = f"http://127.0.0.1:{EGRESS_PORT}"
PROXIES = {"HTTP_PROXY": PROXY, "HTTPS_PROXY": PROXY, "NO_PROXY": "127.0.0.1,localhost"}


def agent_user() -> tuple[int, int]:
    """Who the agent is: the user, so that its files are the user's own; never root."""
    return (os.getuid(), os.getgid()) if os.getuid() else (1000, 1000)


def mounts(box: Box) -> list[tuple[str, Path, bool]]:
    """The path inside, what it shows of the host, and whether it is read-only; in the order of mounting."""
    paths, agent = box.paths, box.agent
    git = paths.agent_git(agent)
    return [
        (TREE, paths.tree(agent), False),
        # A mount of its own: it can be neither moved away nor replaced, and host git finds no repository in the tree.
        (f"{TREE}/.git", git, False),
        (f"{TREE}/.git/config", git / "config", True),
        (f"{TREE}/.git/hooks", git / "hooks", True),
        (PLACES.home, paths.agent_home(agent), False),
        (PLACES.sockets, paths.sockets(agent), True),
        (PLACES.secrets, paths.secrets(agent), True),
        (PLACES.inside, INSIDE, True),
        ("/etc/passwd", paths.passwd(agent), True),
        *((f"/etc/{folder.name}", folder, True) for folder in _etc_folders(box)),
    ]


def proxies(box: Box) -> dict[str, str]:
    """Where there is no network; some programs read only the upper-case names, some only the others."""
    return PROXIES | {name.lower(): value for name, value in PROXIES.items()} if box.network == "none" else {}


def lay_out(box: Box) -> None:
    """Make what the mounts need on the host, and give it to the agent's user."""
    paths, agent = box.paths, box.agent
    uid, gid = agent_user()
    git_link = paths.tree(agent) / ".git"
    if git_link.is_file():
        git_link.unlink()
    for folder in (
        git_link,
        paths.agent_git(agent) / "hooks",
        paths.agent_home(agent),
        paths.sockets(agent),
    ):
        folder.mkdir(parents=True, exist_ok=True)
    paths.passwd(agent).write_text(passwd(), encoding="ascii")
    for folder in (paths.work(agent), paths.secrets(agent)):
        give(folder, uid, gid)


def passwd() -> str:
    """What /etc/passwd says: root, and the agent."""
    uid, gid = agent_user()
    return f"root:x:0:0::/root:/bin/sh\nagent:x:{uid}:{gid}::{PLACES.home}:/bin/bash\n"


def give(folder: Path, uid: int, gid: int) -> None:
    """Make the folder and all in it the agent user's; only root needs to and can.

    Names are looked up in open folders, never along a path: whoever writes there cannot lead it out by a link.
    """
    if os.getuid():
        return
    os.chown(folder, uid, gid)
    for _, folders, files, handle in os.fwalk(folder):
        for entry in (*folders, *files):
            os.chown(entry, uid, gid, dir_fd=handle, follow_symlinks=False)


def _etc_folders(box: Box) -> list[Path]:
    etc = box.paths.agent_etc(box.agent)
    return sorted(etc.iterdir()) if etc.is_dir() else []
