"""The room's tools over MCP. The caller is who the request's token says, and every reply brings the caller's mail."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mcp.server import Server, ServerRequestContext
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.server.transport_security import TransportSecuritySettings
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INVALID_PARAMS,
    CallToolRequestParams,
    CallToolResult,
    ListToolsResult,
    PaginatedRequestParams,
    TextContent,
    ToolAnnotations,
)
from mcp_types import Tool as McpTool
from starlette.requests import Request

from agentmux import __version__
from agentmux.room.decision import Decision
from agentmux.room.state import YOU, State
from agentmux.service.mail import letters, take
from agentmux.service.tools import tools
from agentmux.service.tools.base import Caller, RoomLike, Tool

INSTRUCTIONS = (
    "You share this repository's task with other agents, each in a clone of its own. Look at `state` before you start. "
    "`claim` files before you edit them and `release` them when you are done; `say` what others must know. Messages to "
    "you come at the end of every reply: read them, and answer questions with `say` and reply_to."
)
HOSTS = ["localhost", "127.0.0.1", "localhost:*", "127.0.0.1:*"]
PAUSED = "The human has paused you: start nothing new; call `inbox` with wait=60 until this notice is gone."


def mcp_sessions(room: RoomLike, listed_to: Callable[[str], None], body_limit: int) -> StreamableHTTPSessionManager:
    """What serves the tools over HTTP, each request for itself, with bodies of at most so many bytes."""
    return StreamableHTTPSessionManager(
        mcp_server(room, listed_to),
        json_response=True,
        stateless=True,
        security_settings=TransportSecuritySettings(allowed_hosts=HOSTS),
        max_request_body_size=body_limit,
    )


def mcp_server(room: RoomLike, listed_to: Callable[[str], None]) -> Server[dict[str, Any]]:
    """An MCP server with the room's tools, for requests whose `state.member` is the verified caller.

    Args:
        room: takes what the tools ask for.
        listed_to: called with the member that was given the list of tools.
    """
    listed = ListToolsResult(tools=[_described(tool) for tool in tools().values()])

    async def list_tools(ctx: ServerRequestContext[Any, Request], _: PaginatedRequestParams | None) -> ListToolsResult:
        assert ctx.request is not None
        listed_to(ctx.request.state.member)
        return listed

    async def call_tool(ctx: ServerRequestContext[Any, Request], params: CallToolRequestParams) -> CallToolResult:
        assert ctx.request is not None
        tool = tools().get(params.name)
        if tool is None:
            raise MCPError(INVALID_PARAMS, f"The room has no tool '{params.name}'. It has: {', '.join(tools())}.")
        caller = Caller(room, ctx.request.state.member)
        decision = await tool.call(caller, params.arguments or {})
        return _result(tool, decision, caller, await _take_mail(caller, tool, ctx.request))

    return Server(
        "agentmux",
        version=__version__,
        instructions=INSTRUCTIONS,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )


def _described(tool: Tool[Any]) -> McpTool:
    return McpTool(
        name=tool.name,
        description=tool.description,
        input_schema=tool.schema(),
        annotations=ToolAnnotations(
            read_only_hint=tool.read_only,
            destructive_hint=False,
            idempotent_hint=tool.idempotent or tool.read_only,
            open_world_hint=False,
        ),
    )


async def _take_mail(caller: Caller, tool: Tool[Any], request: Request) -> list[dict[str, Any]]:
    """The caller's unread messages, read from now on; none are taken for a caller who has hung up meanwhile."""
    if not caller.unread or (caller.member == YOU and tool.delivers == "reply") or await request.is_disconnected():
        return []
    return await take(caller, tool.delivers)


def _result(tool: Tool[Any], decision: Decision, caller: Caller, mail: list[dict[str, Any]]) -> CallToolResult:
    refusal = decision.refusal
    structured = dict(decision.reply)
    if refusal:
        structured |= {"refused": refusal.reason, "hint": refusal.hint, "facts": dict(refusal.facts)}
        text = f"Refused: {refusal.reason} {refusal.hint}".rstrip()
    else:
        text = tool.show(decision.reply)
    if _paused(caller.room.state, caller.member):
        structured["notice"] = PAUSED
        text = f"{text}\n\n{PAUSED}"
    structured |= {"messages": mail, "unread": []} if tool.delivers == "inbox" else {"unread": mail}
    if mail:
        text = "\n\n".join(filter(None, [text, letters(mail)]))
    return CallToolResult(
        content=[TextContent(text=text.strip())], structured_content=structured, is_error=refusal is not None
    )


def _paused(state: State, member: str) -> bool:
    agent = state.agents.get(member)
    return agent is not None and agent.paused is not None
