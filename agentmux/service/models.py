"""Where each agent's model is and with which key, from the user's environment; kept on the host, for the room alone."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping

from agentmux.config import AgentSpec, ModelAccess
from agentmux.errors import UsageError
from agentmux.gateway.model import Upstream
from agentmux.paths import SessionPaths
from agentmux.service.tokens import write_private

VERSION = re.compile(r"/v\d\w*/?$")
"""Where an upstream's URL ends like this, the scripted model's does, too."""
MODEL_ENV = "AGENTMUX_MODEL"
"""The user's variable that names a model: PROVIDER/MODEL, or a MODEL of the provider that is taken anyway."""


def with_model(spec: AgentSpec, env: Mapping[str, str]) -> AgentSpec:
    """The agent with its model's name, as these variables and its profile have it."""
    if not spec.profile.model:
        return spec
    access = chosen(spec.profile.model, env)
    named = env.get(MODEL_ENV, "").strip() if access.name else ""
    if named and not named.startswith(_prefix(access)):
        named = _prefix(access) + named
    return spec.model_copy(update={"model": named or access.name})


def chosen(access: ModelAccess, env: Mapping[str, str]) -> ModelAccess:
    """The provider of the model that these variables name, else the first that they have a key or a place for."""
    all_of_them = [access, *access.others]
    named = [one for one in all_of_them if one.name and env.get(MODEL_ENV, "").strip().startswith(_prefix(one))]
    known = [one for one in all_of_them if in_environment(one, env).key or env.get(one.upstream_env)]
    return next(iter([*named, *known, access]))


def _prefix(access: ModelAccess) -> str:
    return access.name.partition("/")[0] + "/"


def upstream_of(paths: SessionPaths, spec: AgentSpec) -> Upstream:
    """Where the agent's gateway leads; the same for as long as the session lives.

    A room that is started again, perhaps from a terminal without the user's keys, finds what the first one found.
    """
    assert spec.profile.model
    if paths.script.exists():
        version = VERSION.search(_access_of(spec.profile.model, spec.model).upstream)
        return Upstream(f"http://scripted-model{version[0] if version else ''}", socket=paths.script_sock)
    file = paths.model_access(spec.name)
    if not file.exists():
        found = in_environment(_access_of(spec.profile.model, spec.model), os.environ)
        write_private(file, [found.url, *(found.key or ())])
    url, *key = file.read_text(encoding="utf-8").splitlines()
    return Upstream(url, (key[0], key[1]) if key else None)


def _access_of(access: ModelAccess, model: str) -> ModelAccess:
    return next((one for one in (access, *access.others) if one.name and model.startswith(_prefix(one))), access)


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
        access = spec.profile.model and chosen(spec.profile.model, env)
        if access and not in_environment(access, env).key and not env.get(access.upstream_env):
            asked = bool(env.get(MODEL_ENV, "").strip())
            usable = [access] if asked or not spec.profile.model else [spec.profile.model, *spec.profile.model.others]
            first, *others = [key for one in usable for key in one.keys]
            also = f" (or {', '.join(others)})" if others else ""
            raise UsageError(
                f"{spec.name} ({spec.profile.title}) has no key for its model: {first}{also} is not set.",
                f"Set it; it stays on this machine. {access.upstream_env} names another model server.",
            )
