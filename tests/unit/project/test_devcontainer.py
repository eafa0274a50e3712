"""What is taken from a devcontainer.json, and what is said about the rest."""

import pytest

from agentmux.errors import ConfigError
from agentmux.project.devcontainer import parse

PATH = ".devcontainer/devcontainer.json"


def test_an_image_with_comments_and_trailing_commas():
    found = parse('// ours\n{"image": "python:3", /* "image": "x" */ "name": "a // b", }\n', PATH)
    assert found.toolchain.image == "python:3"
    assert found.ignored == ()


@pytest.mark.parametrize(
    "text",
    [
        '{"build": {"dockerfile": "Dockerfile", "context": "..", "args": {"A": "1"}, "target": "dev"}}',
        '{"dockerFile": "Dockerfile", "context": "..", "build": {"args": {"A": "1"}, "target": "dev"}}',
    ],
)
def test_a_dockerfile_lies_beside_the_file_and_not_at_the_top(text):
    dockerfile = parse(text, PATH).toolchain.dockerfile
    assert dockerfile
    assert (dockerfile.file, dockerfile.context) == (".devcontainer/Dockerfile", ".")
    assert (dockerfile.args, dockerfile.target) == ({"A": "1"}, "dev")


def test_commands_in_their_order_and_in_every_form():
    text = """{
        "postCreateCommand": {"one": "npm ci && npm run x", "two": ["echo", "a b"]},
        "onCreateCommand": ["pip", "install", "-r", "${containerWorkspaceFolder}/r.txt"],
        "updateContentCommand": "make",
    }"""
    commands = parse(text, PATH).toolchain.setup.workspace
    assert commands == ["pip install -r /ws/r.txt", "make", "npm ci && npm run x", "echo 'a b'"]


def test_environment_without_anything_of_the_hosts():
    text = """{
        "containerEnv": {"A": "1", "HERE": "${containerWorkspaceFolder}/x", "SECRET": "${localEnv:HOME}"},
        "remoteEnv": {"B": "2", "PATH": "${containerEnv:PATH}:/x", "GONE": null}
    }"""
    found = parse(text, PATH)
    assert found.toolchain.env == {"A": "1", "HERE": "/ws/x", "B": "2"}
    assert found.ignored == ("env.SECRET", "env.PATH", "env.GONE")


def test_what_is_ignored_is_named():
    text = '{"features": {}, "mounts": [], "runArgs": [], "name": "x", "customizations": {}, "build": {"cacheFrom": 1}}'
    assert parse(text, PATH).ignored == ("features", "mounts", "runArgs", "build.cacheFrom")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('{\n"image": }', f"{PATH}:2: this is no JSON: Expecting value."),
        ("[]", f"{PATH}: it: input should be a valid dictionary"),
        ('{"image": 3}', f"{PATH}: image: input should be a valid string."),
        ('{"postCreateCommand": 3}', f"{PATH}: postCreateCommand: input should be a valid"),
        ('{"build": {"dockerfile": "../../x"}}', f"{PATH}: '../../x' leads out of the repository."),
        ('{"build": {"dockerfile": "/etc/x"}}', f"{PATH}: '/etc/x' leads out of the repository."),
        ('{"build": {"dockerfile": "Dockerfile", "context": "../.git"}}', f"{PATH}: '.git' must be a path in the repo"),
    ],
)
def test_a_mistake_names_the_file_and_the_key(text, sentence):
    with pytest.raises(ConfigError) as caught:
        parse(text, PATH)
    assert caught.value.message.startswith(sentence)
