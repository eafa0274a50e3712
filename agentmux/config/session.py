"""The session as it was started: a layout and its profiles, resolved."""

from __future__ import annotations

from agentmux.config.layout import Layout, SandboxKind
from agentmux.config.profile import Profile
from agentmux.config.words import AgentName, FeatureName, ShellCommand, Strict


class AgentSpec(Strict):
    """One agent of a session, resolved."""

    name: AgentName
    profile_name: str
    profile: Profile
    task: str = ""
    model: str = ""
    """PROVIDER/MODEL; empty where its CLI chooses."""
    login: bool = False
    """Whether it uses the user's login, and so does not go through the gateway."""
    features: list[FeatureName] = []
    """Of the session's, those that its task is made of."""


class FeatureSpec(Strict):
    """A feature of the session's task, with the names of what was copied to `SessionPaths.task`; empty for none."""

    name: FeatureName
    prompt: str
    tests: ShellCommand
    """The feature is there if it ends with 0 and at least one test passed."""
    hidden: str = ""
    """A folder whose files are put over the merged tree before the tests."""
    test_patch: str = ""
    """A patch that is applied to it before the tests."""
    patch: str = ""
    """The reference patch."""


class Session(Strict):
    """`session.yaml`: everything that a session was started with, resolved, without secrets."""

    version: int = 1
    id: str
    created: float
    """Unix seconds."""
    repo: str
    """The user's repository, an absolute path."""
    base: str
    """The commit that all agents start from (with the uncommitted changes, if they were included)."""
    task: str = ""
    layout_name: str
    layout: Layout
    sandbox: SandboxKind
    image: str | None = None
    copied: list[str] = []
    """Untracked files of the user's folder that each clone gets: the layout's `copy`, resolved."""
    attended: bool = True
    """Whether a human decides where a flow needs one; else it goes on with what there is."""
    agents: list[AgentSpec]
    features: list[FeatureSpec] = []
    """What the session's task asks for, where that can be tested."""

    def feature(self, name: str) -> FeatureSpec:
        """The feature of that name; raises KeyError."""
        return {spec.name: spec for spec in self.features}[name]

    def agent(self, name: str) -> AgentSpec:
        """The agent of that name; raises KeyError."""
        return {spec.name: spec for spec in self.agents}[name]
