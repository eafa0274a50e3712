"""Where each agent's model is and with which key, from the user's environment; kept on the host, for the room alone."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping

from agentmux.config import AgentSpec, ModelAccess, Profile
from agentmux.errors import UsageError
from agentmux.gateway.upstream import Upstream
from agentmux.paths import SessionPaths
from agentmux.service.logins import find
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


def has_key(profile: Profile, env: Mapping[str, str]) -> bool:
    """Whether the environment has a key for its model, or names an upstream, which may need none."""
    access = profile.model and chosen(profile.model, env)
    return bool(access and (in_environment(access, env).key or env.get(access.upstream_env)))


def check_keys(specs: Iterable[AgentSpec], env: Mapping[str, str]) -> None:
    """Raise UsageError if agents have neither a key for their model nor a login; it has a sentence for each of them."""
    poor = [spec for spec in specs if spec.profile.model and not (spec.login or has_key(spec.profile, env))]
    if poor:
        servers = {chosen(spec.profile.model, env).upstream_env for spec in poor if spec.profile.model}
        raise UsageError(
            "\n".join(_what_to_do(spec, env) for spec in poor),
            f"A key stays on this machine. For a model server of your own, set {' or '.join(sorted(servers))}.",
        )


def _what_to_do(spec: AgentSpec, env: Mapping[str, str]) -> str:
    model, login = spec.profile.model, spec.profile.login
    assert model
    usable = [chosen(model, env)] if env.get(MODEL_ENV, "").strip() else [model, *model.others]
    first, *others = [key for access in usable for key in access.keys]
    also = f" (or {', '.join(others)})" if others else ""
    found = login and find(login, env)
    lending = f"--login {spec.profile_name}"
    if login and found and found.over:
        more = f", or renew your login ({found.where}), which has expired: `{login.renew}`"
    elif found:
        more = f", or let it use your login ({found.where}): {lending}"
    else:
        more = f", or log in (`{login.renew}`) and let it use that: {lending}" if login else ""
    return f"{spec.name} ({spec.profile.title}) has no key for its model: {first}{also} is not set. Set it{more}."
