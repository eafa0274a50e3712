"""The script: what the model is to do, step by step, as YAML.

```yaml
steps:                            # for every agent that has no part of its own
  - say: I look around first.
  - run: ls
  - end: true
agents:
  - name: ada
    steps:
      - write: notes.txt
        text: hello
```
"""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import Field, JsonValue, model_validator

from agentmux.config import AgentName, Duration, Strict

OPTIONS: dict[str, tuple[str, ...]] = {
    "say": (),
    "run": (),
    "write": ("text",),
    "edit": ("find", "replace"),
    "call": ("arguments",),
    "wait": ("seconds",),
    "fail": ("times",),
    "slow": (),
    "end": (),
}
"""What a step can do, and the keys that go with it."""
NEEDED = {"text", "find", "replace"}


class Step(Strict):
    """One thing that the model does; `docs/model-script.md` describes each."""

    say: str | None = None
    """Text for the human; it comes before the next step's tool call, in the same reply."""
    run: str | None = None
    """A shell command."""
    write: str | None = None
    """The path of a new file, relative to the workspace."""
    text: str | None = None
    """Of `write`: what the file holds."""
    edit: str | None = None
    """The path of a file to change."""
    find: str | None = Field(None, min_length=1)
    """Of `edit`: text that is in the file exactly once."""
    replace: str | None = None
    """Of `edit`: what takes its place."""
    call: str | None = None
    """A tool of the room, or one of the CLI's own by its exact name."""
    arguments: dict[str, JsonValue] = Field(default_factory=dict)
    """Of `call`."""
    wait: str | None = None
    """The member (or `all` for anyone) whose next message is waited for."""
    seconds: Duration = 60
    """Of `wait`: go on without a message after about so long."""
    fail: int | None = Field(None, ge=400, le=599)
    """The HTTP status with which the next reply is refused."""
    times: int = Field(1, ge=1)
    """Of `fail`: how often, before it goes through."""
    slow: Duration | None = None
    """How long the next reply takes; a streamed one trickles in."""
    end: Literal[True] | None = None
    """The turn is over; what follows answers the next message."""

    @model_validator(mode="before")
    @classmethod
    def _one_thing(cls, data: Any) -> Any:
        if not isinstance(data, dict) or set(data) - set(cls.model_fields):
            return data  # the fields themselves say it better
        kinds = [kind for kind in OPTIONS if kind in data]
        if len(kinds) != 1:
            what = f"does {' and '.join(kinds)} at once" if kinds else "does nothing"
            raise ValueError(f"a step does one thing of {', '.join(OPTIONS)}; this one {what}")
        [kind] = kinds
        for key in data:
            if key != kind and key not in OPTIONS[kind]:
                raise ValueError(f"'{key}' does not go with '{kind}'")
        for key in OPTIONS[kind]:
            if key in NEEDED and key not in data:
                raise ValueError(f"'{kind}' needs '{key}' beside it")
        return data


class Part(Strict):
    """What one agent's model does."""

    name: AgentName
    steps: list[Step]


class Script(Strict):
    """A whole script."""

    steps: list[Step] = Field(default_factory=list)
    """What the model does for an agent that has no part of its own."""
    agents: list[Part] = Field(default_factory=list)

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        names = [part.name for part in self.agents]
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise ValueError(f"the agent '{twice}' has two parts")
        if not self.steps and not self.agents:
            raise ValueError("a script has `steps`, or `agents` with steps, or both")
        return self
