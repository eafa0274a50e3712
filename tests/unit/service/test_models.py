"""Which model an agent gets, where it is and with which key, from the user's environment."""

import pytest

from agentmux.config import AgentSpec, ModelAccess, Profile
from agentmux.errors import UsageError
from agentmux.paths import SessionPaths
from agentmux.service.models import check_keys, upstream_of, with_model

ACCESS = ModelAccess.model_validate(
    {
        "name": "anthropic/claude",
        "upstream": "https://anthropic.test",
        "upstream_env": "ANTHROPIC_BASE_URL",
        "keys": {"ANTHROPIC_API_KEY": "x-api-key: {key}"},
        "others": [
            {
                "name": "openai/gpt",
                "upstream": "https://openai.test/v1",
                "upstream_env": "OPENAI_BASE_URL",
                "keys": {"OPENAI_API_KEY": "Authorization: Bearer {key}"},
            }
        ],
    }
)
SPEC = AgentSpec(name="ada", profile_name="p", profile=Profile(title="P", command=["p"], model=ACCESS))
ANTHROPIC = {"ANTHROPIC_API_KEY": "a-key"}
OPENAI = {"OPENAI_API_KEY": "o-key"}
LOCAL = {"OPENAI_BASE_URL": "http://localhost:11434/v1"}


@pytest.fixture
def place(tmp_path, monkeypatch):
    """The model and the place that an agent gets in this environment."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))

    def found(env):
        for name in ("ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL", "OPENAI_API_KEY", "OPENAI_BASE_URL", "AGENTMUX_MODEL"):
            monkeypatch.delenv(name, raising=False)
        for name, value in env.items():
            monkeypatch.setenv(name, value)
        spec = with_model(SPEC, env)
        upstream = upstream_of(SessionPaths(tmp_path / "session"), spec)
        return spec.model, upstream.url, upstream.key and upstream.key[1]

    return found


@pytest.mark.parametrize(
    ("env", "model", "url", "key"),
    [
        ({}, "anthropic/claude", "https://anthropic.test", None),
        (OPENAI, "openai/gpt", "https://openai.test/v1", "Bearer o-key"),
        (ANTHROPIC | OPENAI, "anthropic/claude", "https://anthropic.test", "a-key"),
        (ANTHROPIC | OPENAI | {"AGENTMUX_MODEL": "openai/o9"}, "openai/o9", "https://openai.test/v1", "Bearer o-key"),
        (ANTHROPIC | {"AGENTMUX_MODEL": "opus"}, "anthropic/opus", "https://anthropic.test", "a-key"),
        (LOCAL | {"AGENTMUX_MODEL": "Qwen/Qwen3"}, "openai/Qwen/Qwen3", "http://localhost:11434/v1", None),
        (LOCAL | {"AGENTMUX_MODEL": "openai/Qwen/Qwen3"}, "openai/Qwen/Qwen3", "http://localhost:11434/v1", None),
    ],
)
def test_the_provider_is_the_one_that_is_named_else_the_first_with_a_key(place, env, model, url, key):
    assert place(env) == (model, url, key)


def test_a_cli_that_chooses_its_model_is_left_alone():
    access = ACCESS.model_copy(update={"name": "", "others": []})
    spec = SPEC.model_copy(update={"profile": SPEC.profile.model_copy(update={"model": access})})
    assert with_model(spec, {"AGENTMUX_MODEL": "openai/o9"}).model == ""


@pytest.mark.parametrize(
    ("env", "missing"),
    [
        ({}, r"ANTHROPIC_API_KEY \(or OPENAI_API_KEY\) is not set"),
        (ANTHROPIC | {"AGENTMUX_MODEL": "openai/o9"}, r"its model: OPENAI_API_KEY is not set"),
    ],
)
def test_a_missing_key_is_told_with_all_that_would_do(env, missing):
    with pytest.raises(UsageError, match=missing):
        check_keys([SPEC], env)


@pytest.mark.parametrize("env", [ANTHROPIC, OPENAI, LOCAL])
def test_one_key_or_a_place_of_ones_own_is_enough(env):
    check_keys([SPEC], env)
