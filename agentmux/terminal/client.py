"""What reaches a session's tmux server that runs: the command lines of its clients. Viewers need no more of tmux."""

from __future__ import annotations

import os
from pathlib import Path

from agentmux.errors import MissingProgram
from agentmux.terminal.keys import tmux_name

HUB = "hub"
INSTALL = "Install it with `apt install tmux`, `dnf install tmux` or `brew install tmux`."


def environment() -> dict[str, str]:
    """This process's environment without what would make tmux think of the user's own server."""
    return {name: value for name, value in os.environ.items() if name not in ("TMUX", "TMUX_PANE", "TMUX_TMPDIR")}


def command(socket: Path, *arguments: str) -> list[str]:
    """The command line of a client of this server, in UTF-8; it starts no server and reads nobody's configuration."""
    return ["tmux", "-u", "-N", "-S", str(socket), "-f", "/dev/null", *arguments]


def not_installed() -> MissingProgram:
    """What is said where there is no tmux."""
    return MissingProgram("tmux is not installed: agentmux shows every agent in a tmux pane.", INSTALL)


def take_over_argv(socket: Path, pane: str, leader: str) -> list[str]:
    """The command that a human's terminal runs to sit at the pane in real tmux.

    Args:
        socket: the server's.
        pane: the pane.
        leader: tmux's prefix there, such as `ctrl+]`; with `d` it leads back.
    """
    prefix = tmux_name(leader)
    hint = f" #[bold]#{{window_name}}#[default]  real tmux, you hold this pane   {leader} d  back to agentmux"
    steps = [
        ("new-session", "-t", f"={HUB}"),
        ("set-option", "destroy-unattached", "on"),
        ("set-option", "prefix", prefix),
        ("set-option", "mouse", "on"),
        ("set-option", "status", "on"),
        ("set-option", "status-format[0]", hint),
        ("bind-key", "-T", "prefix", prefix, "send-prefix"),
        ("select-window", "-t", pane),
        ("set-option", "-w", "-t", pane, "window-size", "latest"),
    ]
    line = [*steps[0]]
    for step in steps[1:]:
        line += [";", *step]
    # Before 3.6 tmux does not see by itself that the terminal has all colours.
    colours = ("-T", "RGB") if os.environ.get("COLORTERM") in ("truecolor", "24bit") else ()
    return ["env", "-u", "TMUX", "-u", "TMUX_PANE", *command(socket, *colours, *line)]
