"""The profile in docs/writing-a-profile.md can be read, and the guide speaks of every key there is."""

import re
from pathlib import Path

import pytest
import yaml

from agentmux.config import CliFile, Install, Login, LoginFile, ModelAccess, Profile, ScreenRules

GUIDE = (Path(__file__).parents[2] / "docs" / "writing-a-profile.md").read_text()


def test_the_example_is_a_profile_that_fills_its_braces_where_they_are_known():
    profile = Profile.model_validate(yaml.safe_load(re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)[0]))
    assert profile.model
    compile(profile.files[0].text, "mate.py", "exec")


@pytest.mark.parametrize("kind", [Profile, Install, ModelAccess, ScreenRules, CliFile, Login, LoginFile])
def test_every_key_is_told_of(kind):
    told = set(re.findall(r"`(\w+)(?:: [^`]*)?`", GUIDE)) | set(re.findall(r"^ *(?:- )?(\w+):", GUIDE, re.MULTILINE))
    assert set(kind.model_fields) - told - {"version"} == set()
