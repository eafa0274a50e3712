"""Where each agent's model is and with which key, from the user's environment; kept on the host, for the room alone."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping

from agentmux.config import AgentSpec, ModelAccess
from agentmux.errors import UsageError
from agentmux.gateway.model import Upstream
from agentmux.paths import SessionPaths
from agentmux.service.tokens import write_private


def upstream_of(paths: SessionPaths, spec: AgentSpec) -> Upstream:
    """Where the agent's gateway leads; the same for as long as the session lives.

    A room that is started again, perhaps from a terminal without the user's keys, finds what the first one found.
    """
    assert spec.profile.model
    file = paths.model_access(spec.name)
    if not file.exists():
        found = in_environment(spec.profile.model, os.environ)
        write_private(file, [found.url, *(found.key or ())])
    url, *key = file.read_text(encoding="utf-8").splitlines()
    return Upstream(url, (key[0], key[1]) if key else None)


def in_environment(access: ModelAccess, env: Mapping[str, str]) -> Upstream:
    """What these variables say about the model."""
    url = env.get(access.upstream_env) or access.upstream
    for name, header in access.keys.items():
        if key := env.get(name, "").strip():
            field, _, value = header.partition(": ")
            return Upstream(url, (field, value.replace("{key}", key)))
    return Upstream(url)


def check_keys(specs: Iterable[AgentSpec], env: Mapping[str, str]) -> None:
    """Raise UsageError for the first agent whose model wants a key that the user's environment does not have.

    An upstream of the user's own may need none.
    """
    for spec in specs:
        access = spec.profile.model
        if access and not in_environment(access, env).key and not env.get(access.upstream_env):
            first, *others = access.keys
            also = f" (or {', '.join(others)})" if others else ""
            raise UsageError(
                f"{spec.name} ({spec.profile.title}) has no key for its model: {first}{also} is not set.",
                f"Set it; it stays on this machine. {access.upstream_env} names another model server.",
            )
