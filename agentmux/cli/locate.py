"""`agentmux locate`: where files live."""

from __future__ import annotations

from typing import Annotated

import typer

from agentmux.cli.options import AsJson, places


def locate(
    what: Annotated[
        str,
        typer.Argument(help="home, config, or a session; all of the folders without it.", autocompletion=places),
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Print where agentmux keeps its files.

    In a session's folder, `log.db` holds the events and `casts/` the recordings: `AGENT.cast`, with older parts in
    `AGENT.0001.cast.gz` and so on.
    """
    from agentmux.cli.output import show, show_json, show_table
    from agentmux.paths import config_home, home, shipped

    folders = {"home": home(), "config": config_home(), "profiles": shipped("agents"), "layouts": shipped("layouts")}
    if what and what not in folders:
        from agentmux.service.session import find

        folders[what] = find(what).folder
    wanted = {name: str(path) for name, path in folders.items() if what in ("", name)}
    if as_json:
        show_json(wanted)
    elif what:
        show(wanted[what])
    else:
        show_table(["WHAT", "FOLDER"], wanted.items())
