"""What the running room knows of an agent's state beside the log: its screen, and what the rules make of it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from agentmux.room.commands import Command, Explain
from agentmux.room.decision import Decision
from agentmux.room.prompt import obstacle
from agentmux.room.status import trials
from agentmux.service.room import Room
from agentmux.service.sensors.panes import PaneSensor


async def explain(room: Room, sensor: PaneSensor | None, command: Command) -> Decision:
    """The reply to `Explain`; nothing is changed by it.

    ```
    screen      the lines that the rules are tried on, and `cursor_line`; both empty without a pane
    rules       [{state, rule, line}], in the order in which they are tried; `line` is null where none matched
    verdict     {state, rule, line} of the screen, or null where the rules must not be asked
    typing      what forbids typing now, or ""
    ```
    """
    assert isinstance(command, Explain)
    agent, profile = room.state.agents[command.agent], room.session.agent(command.agent).profile
    screen = await sensor.screen(agent.name) if sensor else None
    rows = screen.text_rows() if screen else ()
    cursor = screen.cursor_y if screen else 0
    verdict = sensor.judge(agent.name, screen) if sensor and screen else None
    reply: dict[str, Any] = {
        "screen": [row.rstrip() for row in rows if row.strip()][-profile.screen.lines :],
        "cursor_line": rows[cursor].rstrip() if cursor < len(rows) else "",
        "rules": [asdict(trial) for trial in trials(profile.screen, agent.name, rows, cursor)],
        "verdict": asdict(verdict) if verdict else None,
        "typing": obstacle(agent, profile, verdict),
    }
    return Decision(reply=reply)
