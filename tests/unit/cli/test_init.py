"""What `agentmux init` proposes for a repository."""

import pytest

from agentmux import yamlfile
from agentmux.config import Toolchain
from agentmux.project.detect import Files, detect
from agentmux.project.draft import draft
from agentmux.project.listing import files_of


def files(texts, *more, untracked=()):
    return Files(frozenset([*texts, *more]), texts, tuple(untracked))


def proposed(tmp_path, found):
    path = tmp_path / "x.yaml"
    path.write_text(draft(found))
    return yamlfile.load(path, Toolchain)


PYPROJECT = "[project]\nname = 'x'\n[project.optional-dependencies]\ntest = ['pytest']\n"
GEMFILE = "gem 'rspec'\n"
PACKAGE = '{"scripts": {"test": "vitest"}}'
PLACEHOLDER = '{"scripts": {"test": "echo \\"Error: no test specified\\" && exit 1"}}'


@pytest.mark.parametrize(
    ("texts", "more", "image", "setup", "checks"),
    [
        ({"pyproject.toml": PYPROJECT}, (), None, ["pip install -q --user -e '.[test]'"], ["pytest -q"]),
        (
            {"pyproject.toml": PYPROJECT},
            ("uv.lock",),
            None,
            ["pip install -q --user uv", "uv sync"],
            ["uv run pytest -q"],
        ),
        (
            {"requirements.txt": "flask\n"},
            (),
            None,
            ["pip install -q --user -r requirements.txt"],
            ["python3 -m unittest"],
        ),
        ({"package.json": PACKAGE}, ("package-lock.json",), "node:22-bookworm", ["npm ci"], ["npm test"]),
        (
            {"package.json": PACKAGE},
            ("pnpm-lock.yaml",),
            "node:22-bookworm",
            ["pnpm install --frozen-lockfile"],
            ["pnpm test"],
        ),
        ({"package.json": PLACEHOLDER}, (), "node:22-bookworm", ["npm install"], []),
        (
            {"pyproject.toml": "[dependency-groups]\ndev = ['pytest>=8', {include-group = 'x'}]\n[project]\n"},
            (),
            None,
            ["pip install -q --user -e .", "pip install -q --user 'pytest>=8'"],
            ["pytest -q"],
        ),
        ({"pyproject.toml": "project = 3\n"}, (), None, [], ["python3 -m unittest"]),
        ({"package.json": "no json"}, (), "node:22-bookworm", ["npm install"], []),
        ({"go.mod": "module x\n\ngo 1.22.3\n"}, (), "golang:1.22-bookworm", ["go mod download"], ["go test ./..."]),
        ({"Cargo.toml": ""}, (), "rust:1-bookworm", ["cargo fetch"], ["cargo test"]),
        ({"Gemfile": GEMFILE}, ("Gemfile.lock",), "ruby:3-bookworm", ["bundle install"], ["bundle exec rspec"]),
        (
            {"pom.xml": ""},
            ("mvnw",),
            "maven:3-eclipse-temurin-21",
            ["./mvnw -B -q dependency:go-offline"],
            ["./mvnw -B -q test"],
        ),
        (
            {"build.gradle.kts": ""},
            ("gradlew",),
            "gradle:jdk21",
            ["./gradlew -q dependencies"],
            ["./gradlew -q test"],
        ),
        ({"Makefile": "all:\n\ntest: all\n\ttrue\n"}, (), None, [], ["make test"]),
    ],
)
def test_a_kind_of_project_has_its_commands(tmp_path, texts, more, image, setup, checks):
    found = proposed(tmp_path, files(texts, *more))
    assert (found.image, found.setup.workspace, found.checks) == (image, setup, checks)
    assert found.copies == []


def test_several_kinds_are_all_there_and_a_makefile_is_a_comment(tmp_path):
    both = files({"pyproject.toml": PYPROJECT, "package.json": PACKAGE, "Makefile": "test:\n"}, "package-lock.json")
    found = proposed(tmp_path, both)
    assert found.checks == ["pytest -q", "npm test"]
    assert found.setup.workspace[-1] == "npm ci"
    assert "  # - make test\n" in draft(both)
    assert "# Found: Python (pyproject.toml), Node.js (package.json, package-lock.json), Make (Makefile)." in draft(
        both
    )


def test_a_devcontainer_is_used_and_a_dockerfile_named(tmp_path):
    found = files({"go.mod": "", "Dockerfile": ""}, ".devcontainer/devcontainer.json")
    assert proposed(tmp_path, found).devcontainer is True
    assert "\n# dockerfile: Dockerfile\n" in draft(found)


def test_secrets_are_only_proposed(tmp_path):
    found = files({}, untracked=(".env", "app/.env.local"))
    assert proposed(tmp_path, found) == Toolchain()
    assert '\n# copy: [".env", "app/.env.local"]\n' in draft(found)


def test_nothing_known_is_all_comments(tmp_path):
    assert proposed(tmp_path, files({"README": ""})) == Toolchain()
    assert "nothing that is known" in draft(files({}))


def test_init_writes_once_and_never_over_a_file(run, repo):
    (repo / "go.mod").write_text("go 1.22\n")
    (repo / ".gitignore").write_text(".env\nnode_modules/\n")
    (repo / ".env").write_text("A=1\n")
    (repo / "node_modules").mkdir()
    (repo / "node_modules" / ".env").write_text("B=1\n")
    assert [found.what for found in detect(files_of(repo))] == ["Go (go.mod)"]
    printed = run("init", "--repo", repo, "--stdout")
    path = repo / ".agentmux.yaml"
    assert not path.exists()
    ran = run("init", "--repo", repo)
    assert (ran.status, ran.err) == (0, "Found: Go (go.mod).\n")
    assert ran.out == f"Wrote {path}; check it, then start agents with `agentmux up`.\n"
    assert path.read_text() == printed.out
    assert '# copy: [".env"]' in printed.out
    assert yamlfile.load(path, Toolchain).image == "golang:1.22-bookworm"
    path.write_text("mine")
    ran = run("init", "--repo", repo)
    assert (ran.status, ran.err.splitlines()[0]) == (2, f"agentmux: {path} is there already.")
    assert path.read_text() == "mine"
    assert run("init", "--repo", repo, "--force").status == 0
    assert path.read_text() == printed.out
    ran = run("init", "--repo", repo.parent)
    assert (ran.status, ran.err.splitlines()[0]) == (2, f"agentmux: {repo.parent} is not a git repository.")
