"""Commands from the app and the command line to a session's room, in the human's name."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from agentmux.errors import SessionError
from agentmux.paths import SessionPaths
from agentmux.room.commands import Command
from agentmux.room.state import YOU
from agentmux.service.tokens import read_token

if TYPE_CHECKING:
    import httpx2

CONNECT_SECONDS = 5.0
UNAUTHORIZED = 401


@dataclass(frozen=True, slots=True)
class Answer:
    """What the room said: done, with a reply; or refused, with a sentence, a hint, and facts for programs."""

    ok: bool
    reply: Mapping[str, Any] = field(default_factory=dict)
    refused: str = ""
    hint: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


class RoomClient:
    """Speaks to one session's room over its unix socket; each command is a connection of its own.

    So nothing is left open, and a room that was started anew in between is no concern. An answer may take as long as
    what was asked for (a merge, say), so there is no time limit once the room has taken the command.
    """

    def __init__(self, paths: SessionPaths) -> None:
        self.paths = paths

    async def send(self, command: Command) -> Answer:
        """Ask the room for something, from an event loop.

        Raises:
            SessionError: the room does not run, ended before it answered, or does not know the token.
        """
        import httpx2

        try:
            response = await self._post(self._request(command))
        except httpx2.TransportError as error:
            raise self._lost(error) from error
        return self._answer(response)

    def prepare(self) -> None:
        """Load what a command needs, in a thread: a tenth of a second for which the human's first key need not wait.

        The room is asked for nothing, and whether it answers is of no concern yet.
        """
        import httpx2

        with suppress(httpx2.TransportError):
            asyncio.run(self._post({}))

    async def _post(self, request: dict[str, Any]) -> httpx2.Response:
        import httpx2

        transport = httpx2.AsyncHTTPTransport(uds=str(self.paths.room_sock), verify=False)
        timeout = httpx2.Timeout(None, connect=CONNECT_SECONDS)
        async with httpx2.AsyncClient(transport=transport, timeout=timeout) as client:
            return await client.post("http://localhost/command", **request)

    def send_blocking(self, command: Command) -> Answer:
        """The same where no event loop runs; raises SessionError likewise."""
        return asyncio.run(self.send(command))

    def _request(self, command: Command) -> dict[str, Any]:
        token = read_token(self.paths, YOU)
        if token is None:
            raise self._not_running()
        return {
            "content": command.model_dump_json(),
            "headers": {"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        }

    def _answer(self, response: httpx2.Response) -> Answer:
        if response.status_code == UNAUTHORIZED:
            raise SessionError(
                f"The room of session {self.paths.id} does not know the token in {self.paths.token(YOU)}.",
                f"Another room may have replaced it; `agentmux stop {self.paths.id}` and `attach` make a new one.",
            )
        if not response.is_success:
            raise SessionError(
                f"The room of session {self.paths.id} could not take the command: {_reason(response)}",
                f"What went wrong is in {self.paths.room_log}.",
            )
        return Answer(**response.json())

    def _lost(self, error: httpx2.TransportError) -> SessionError:
        import httpx2

        if isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout):
            return self._not_running()
        return SessionError(
            f"The room of session {self.paths.id} ended before it answered.",
            f"`agentmux attach {self.paths.id}` starts it again; its last words are in {self.paths.room_log}.",
        )

    def _not_running(self) -> SessionError:
        return SessionError(
            f"The room of session {self.paths.id} is not running.",
            f"`agentmux attach {self.paths.id}` starts it again.",
        )


def _reason(response: httpx2.Response) -> str:
    if response.headers.get("content-type", "").startswith("application/json"):
        return str(response.json()["error"])
    return f"HTTP status {response.status_code}."
