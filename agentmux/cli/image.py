"""`agentmux image`: what containers are made of."""

from __future__ import annotations

from typing import Annotated

import typer

from agentmux.cli.options import LayoutName, Seats

app = typer.Typer(help="Make the images that agents run in.", rich_markup_mode=None, no_args_is_help=True)


@app.command()
def base(
    tag: Annotated[
        str, typer.Argument(help="The image's name; without it the one that agents' images are built on.")
    ] = "",
) -> None:
    """Make a base image from Debian's packages, without a registry. Needs root and debootstrap."""
    from agentmux.cli.output import show
    from agentmux.sandbox.debootstrap import make_base
    from agentmux.sandbox.image import LOCAL_BASE

    make_base(tag or LOCAL_BASE, show)
    show(f"The base image {tag or LOCAL_BASE} is there.")


@app.command()
def build(
    layout: LayoutName = "",
    agents: Seats = "",
) -> None:
    """Build the image for a layout's agents now, instead of at the first `up`."""
    from agentmux import registry
    from agentmux.cli.output import show
    from agentmux.cli.seats import seat_agents
    from agentmux.paths import home
    from agentmux.sandbox.image import default_base, ensure_image

    settings = registry.settings()
    chosen, specs = seat_agents(registry.layout(layout or settings.layout), agents, registry.profile)
    log = home() / "image.log"
    log.unlink(missing_ok=True)
    installs = [spec.profile.install for spec in specs]
    tag = ensure_image(installs, chosen.image or default_base(settings.base_image), show, log)
    show(f"The image {tag} is there.")
