"""`agentmux model-script`: a model that follows a script."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def model_script(
    file: Annotated[Path, typer.Argument(help="The script, YAML.")],
    listen: Annotated[str, typer.Option("--listen", metavar="HOST:PORT", help="Where it listens.")] = "127.0.0.1:8900",
    socket: Annotated[
        Path | None, typer.Option("--socket", metavar="PATH", help="Listen on this unix socket instead.")
    ] = None,
) -> None:
    """Serve a scripted model to agent CLIs: Anthropic, OpenAI and Gemini APIs, no key needed."""
    from agentmux import yamlfile
    from agentmux.cli.output import notice
    from agentmux.errors import UsageError
    from agentmux.gateway.scripted_model.listening import listening, serve
    from agentmux.gateway.scripted_model.script import Script

    script = yamlfile.load(file, Script)
    host, _, port = listen.rpartition(":")
    if not host or not port.isdigit():
        raise UsageError(f"--listen {listen}: this is no HOST:PORT.", "Write for example 127.0.0.1:8900.")
    with listening(socket or (host.strip("[]"), int(port))) as (listener, url):
        notice(f"The scripted model answers at {url}. ctrl-C ends it.")
        serve(script, listener)
