"""Layouts: who takes part, where, and under which rules."""

from __future__ import annotations

from pkgutil import iter_modules
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, field_validator, model_validator

import agentmux
from agentmux.config.profile import Permissions
from agentmux.config.toolchain import Toolchain
from agentmux.config.words import AgentName, Count, Duration, Strict

SandboxKind = Literal["docker", "podman", "bubblewrap", "process"]


def flow_names() -> list[str]:
    """The flows there are: the files of their folder, none of which is imported for that."""
    folders = [f"{folder}/flows" for folder in agentmux.__path__]
    return sorted(module.name for module in iter_modules(folders) if module.name != "base")


def _flow_name(name: str) -> str:
    if name not in flow_names():
        raise ValueError(f"there is no flow '{name}'; there are {', '.join(flow_names())}")
    return name


def _only_named(flow: object) -> object:
    return {"name": flow} if isinstance(flow, str) else flow


FlowName = Annotated[str, AfterValidator(_flow_name)]


class BudgetSpec(Strict):
    """What may be spent. Money is an estimate from list prices; a model without a price does not count in it."""

    tokens: Count | None = None
    """Tokens in and out, those from a cache included."""
    usd: float | None = Field(None, gt=0, allow_inf_nan=False)
    warn: float = Field(0.8, gt=0, le=1)
    """At this share of it you are warned. At all of it agents are paused, and their models are not reached any more."""
    stop: float = Field(1.2, ge=1, allow_inf_nan=False)
    """At this share agents are ended; only what was under way at the pause can lead there."""

    @model_validator(mode="after")
    def _limits_something(self) -> Self:
        if self.tokens is None and self.usd is None:
            raise ValueError("a budget has `tokens`, `usd` or both")
        return self


class Seat(Strict):
    """An agent's place in a layout."""

    name: AgentName
    profile: str
    task: str | None = None
    """Its own task; without one it gets the session's."""
    budget: BudgetSpec | None = None
    """What it may spend."""


class Limits(Strict):
    """What one agent's sandbox may use."""

    memory: str = Field("4g", pattern=r"^\d+[mg]$")
    cpus: float = Field(2.0, gt=0)
    pids: int = Field(512, ge=16)
    disk: str = Field("20g", pattern=r"^\d+[mg]$")
    """What its clone and home may take on the disk; an agent that takes more is frozen."""


class FlowSpec(Strict):
    """In which order agents run, and how work passes between them."""

    name: FlowName = "shared"
    """`shared`: all at once. `solo`: one agent. `parallel`: all at once, a piece of work each. `sequence`: one after
    another, each from what the one before has left."""
    checks: bool = True
    """Whether the checks that agents publish must hold on every later candidate."""


class Layout(Toolchain):
    """Who takes part, in which sandbox, under which rules."""

    title: str
    flow: Annotated[FlowSpec, BeforeValidator(_only_named)] = FlowSpec()
    """The flow's name, or `{name, checks}`."""
    sandbox: Literal["auto", "docker", "podman", "bubblewrap", "process"] = "auto"
    """`auto` is docker, else podman, else bubblewrap, or a refusal where none works; `process` does not isolate and
    must be named."""
    network: Literal["none", "full"] = "none"
    permissions: Permissions = "bypass"
    """`bypass` lets agents use their tools without asking: the sandbox holds them. With `ask` they ask you before, and
    you answer in the app or by `agentmux answer`; not every profile can."""
    agents: list[Seat] = Field(min_length=1, max_length=8)
    lease: Duration = 900.0
    """How long a claim lasts without activity inside it."""
    silence: Duration = 180.0
    """How long an agent may print nothing while it works until you are told: it may hang."""
    limits: Limits = Limits()
    budget: BudgetSpec | None = None
    """What all agents together may spend."""

    @field_validator("agents")
    @classmethod
    def _names_are_unique(cls, agents: list[Seat]) -> list[Seat]:
        names = [seat.name for seat in agents]
        if twice := next((n for n in names if names.count(n) > 1), None):
            raise ValueError(f"'{twice}' is there twice; each agent needs a name of its own")
        return agents
