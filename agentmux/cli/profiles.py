"""`agentmux profiles`: the kinds of agents that can be started."""

from __future__ import annotations

from agentmux.cli.options import AsJson


def profiles(as_json: AsJson = False) -> None:
    """List the profiles: the kinds of agents there are."""
    from agentmux import registry
    from agentmux.cli.output import show_json, show_table

    known = {name: (registry.profile(name), path) for name, path in registry.profiles().items()}
    if as_json:
        show_json([{"name": n, "title": p.title, "command": p.command, "file": str(f)} for n, (p, f) in known.items()])
    else:
        show_table(["PROFILE", "TITLE", "FILE"], [[n, p.title, str(f)] for n, (p, f) in known.items()])
