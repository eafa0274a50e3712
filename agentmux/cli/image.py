"""`agentmux image`: what containers are made of."""

from __future__ import annotations

from typing import Annotated

import typer

from agentmux.cli.options import LayoutName, Seats

image = typer.Typer(
    help="Make the images that agents run in, and remove old ones.",
    rich_markup_mode=None,
    no_args_is_help=True,
    add_completion=False,
)


@image.command()
def base(
    tag: Annotated[
        str, typer.Argument(help="The image's name; without it the one that agents' images are built on.")
    ] = "",
) -> None:
    """Make a base image from Debian's packages, without a registry. Needs root and debootstrap."""
    from agentmux.cli.output import show
    from agentmux.sandbox.debootstrap import make_base
    from agentmux.sandbox.detect import choose_engine
    from agentmux.sandbox.image import LOCAL_BASE

    make_base(tag or LOCAL_BASE, show, choose_engine().engine)
    show(f"The base image {tag or LOCAL_BASE} is there.")


@image.command()
def prune(
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Remove the images that were made for sessions which are gone. They are made again when they are needed."""
    from agentmux.cli.output import notice, on_terminal, show
    from agentmux.paths import home
    from agentmux.sandbox.detect import choose_engine
    from agentmux.sandbox.prune import remove, unused
    from agentmux.service.session import used_images

    connect = choose_engine().engine
    found = unused(connect, used_images())
    for old in found:
        notice(f"{old.tag}  {old.size / 1e9:.2f} GB")
    if not found:
        show("Every image that agentmux made belongs to a session.")
        return
    notice(f"No session in {home()} has these {len(found)}. Layers that they share are counted in each.")
    if not (yes or (on_terminal() and typer.confirm("Remove them?", err=True))):
        notice("Nothing was removed; --yes removes without asking.")
        return
    kept = {old.tag: why for old in found if (why := remove(connect, old.tag))}
    for tag, why in kept.items():
        notice(f"{tag} was kept: {why}")
    show(f"Removed {len(found) - len(kept)} of {len(found)} images.")


@image.command()
def build(
    layout: LayoutName = "",
    agents: Seats = "",
) -> None:
    """Build the image for a layout's agents now, instead of at the first `up`."""
    from agentmux import registry
    from agentmux.cli.output import show
    from agentmux.cli.seats import seat_agents
    from agentmux.paths import home
    from agentmux.sandbox.detect import choose_engine
    from agentmux.sandbox.image import default_base, ensure_image

    settings = registry.settings()
    chosen, specs = seat_agents(registry.layout(layout or settings.layout), agents, registry.profile)
    log = home() / "image.log"
    log.unlink(missing_ok=True)
    installs = [spec.profile.install for spec in specs]
    engine = choose_engine().engine
    tag = ensure_image(installs, chosen.image or default_base(settings.base_image, engine), show, log, engine)
    show(f"The image {tag} is there.")
