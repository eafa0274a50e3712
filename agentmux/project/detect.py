"""What a repository seems to need, from its files' names and texts alone: one detector for each kind of project."""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

ENV_FILE = re.compile(r"(?:.*/)?\.env(?:\.(?!example$|sample$|template$|dist$)[\w-]+)?")
"""Untracked files that work often needs; those that only show what one looks like are tracked."""
HOME = "/home/agent"
TEST_GROUPS = ("test", "tests", "dev")
"""What people call the dependencies of tests."""


@dataclass(frozen=True, slots=True)
class Files:
    """A repository: the names of its tracked files, the texts of those at its top, and untracked files."""

    names: frozenset[str]
    texts: Mapping[str, str]
    untracked: tuple[str, ...] = ()

    def there(self, *names: str) -> list[str]:
        """Those of the names that are at the top."""
        return [name for name in names if name in self.names]


@dataclass(frozen=True, slots=True)
class Found:
    """A kind of project.

    Args:
        what: its name, and the files that showed it.
        image: one that has its tools, where Debian alone has not.
        image_setup: commands for the image.
        setup: commands for each workspace.
        checks: its tests.
        allow: places that its packages come from, besides those that are always allowed.
        env: what its tools need where the system is read-only.
    """

    what: str
    image: str = ""
    image_setup: tuple[str, ...] = ()
    setup: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    allow: tuple[str, ...] = ()
    env: dict[str, str] = field(default_factory=dict)


def detect(files: Files) -> list[Found]:
    """All kinds that the repository is of."""
    return [found for detector in DETECTORS if (found := detector(files))]


def env_files(files: Files) -> list[str]:
    """Untracked files that probably have to be copied."""
    return [name for name in files.untracked if ENV_FILE.fullmatch(name)]


def python(files: Files) -> Found | None:
    """Python: uv or poetry where there is their lock file, else pip."""
    requirements = [name for name in sorted(files.names) if re.fullmatch(r"requirements[\w.-]*\.txt", name)]
    shown = files.there("pyproject.toml", "setup.cfg", "setup.py", "uv.lock", "poetry.lock") + requirements
    if not shown:
        return None
    text = "\n".join(files.texts.get(name, "") for name in shown if not name.endswith(".lock"))
    pytest = "pytest" in text or "conftest.py" in {name.rpartition("/")[2] for name in files.names}
    test = "pytest -q" if pytest else "python3 -m unittest"
    what = f"Python ({', '.join(shown)})"
    for tool, install in (("uv", "uv sync"), ("poetry", "poetry install")):
        if f"{tool}.lock" in files.names:
            command = f"{tool} run {test.replace('python3', 'python')}"
            return Found(what, setup=(f"pip install -q --user {tool}", install), checks=(command,))
    installs = [f"pip install -q --user -r {name}" for name in requirements]
    extra, group = _extras(files.texts.get("pyproject.toml", ""))
    if files.there("setup.py", "setup.cfg") or "[project]" in text or "[build-system]" in text:
        installs.append("pip install -q --user -e " + (f"'.[{extra}]'" if extra else "."))
    if group:
        installs.append(f"pip install -q --user {shlex.join(group)}")
    elif pytest and not extra and not requirements:
        installs.append("pip install -q --user pytest")
    # A slim Debian has no pip; where agents' CLIs come from npm or PyPI it is there already.
    pip = "command -v pip || { apt-get update -qq && apt-get install -y -qq python3-pip; }"
    return Found(what, image_setup=(pip,), setup=tuple(installs), checks=(test,))


def _extras(pyproject: str) -> tuple[str, list[str]]:
    """The extra for tests of a pyproject.toml, and what its dependency group for them names; empty without."""
    try:
        data = tomllib.loads(pyproject)
        extras = data.get("project", {}).get("optional-dependencies", {})
        groups: dict[str, list[object]] = data.get("dependency-groups", {})
        extra = next((name for name in TEST_GROUPS if name in extras), "")
        group = next((groups[name] for name in TEST_GROUPS if name in groups), [])
    except (tomllib.TOMLDecodeError, AttributeError, TypeError):  # whatever else is in there is no matter of ours
        return "", []
    return extra, [name for name in group if isinstance(name, str)]


def node(files: Files) -> Found | None:
    """Node.js: the package manager is the one whose lock file is there."""
    if "package.json" not in files.names:
        return None
    locks = {
        "package-lock.json": ("npm ci", "npm", ""),
        "pnpm-lock.yaml": ("pnpm install --frozen-lockfile", "pnpm", "npm install -g pnpm"),
        "yarn.lock": ("yarn install --frozen-lockfile", "yarn", "npm install -g yarn"),
    }
    lock = next((name for name in locks if name in files.names), "")
    install, tool, needs = locks.get(lock, ("npm install", "npm", ""))
    try:
        package = json.loads(files.texts.get("package.json", ""))
        test = str(package["scripts"]["test"])
    except (ValueError, KeyError, TypeError):
        test = ""
    return Found(
        f"Node.js ({', '.join(filter(None, ['package.json', lock]))})",
        image="node:22-bookworm",
        image_setup=(needs,) if needs else (),
        setup=(install,),
        checks=(f"{tool} test",) if test and "no test specified" not in test else (),
    )


def go(files: Files) -> Found | None:
    """Go, of the version that go.mod names."""
    if "go.mod" not in files.names:
        return None
    version = re.search(r"(?m)^go (\d+\.\d+)", files.texts.get("go.mod", ""))
    return Found(
        "Go (go.mod)",
        image=f"golang:{version[1] if version else '1'}-bookworm",
        setup=("go mod download",),
        checks=("go test ./...",),
        allow=("proxy.golang.org", "sum.golang.org"),
        env={"GOPATH": f"{HOME}/go"},
    )


def rust(files: Files) -> Found | None:
    """Rust."""
    if "Cargo.toml" not in files.names:
        return None
    return Found(
        "Rust (Cargo.toml)",
        image="rust:1-bookworm",
        setup=("cargo fetch",),
        checks=("cargo test",),
        allow=("index.crates.io", "static.crates.io"),
        env={"CARGO_HOME": f"{HOME}/.cargo"},
    )


def ruby(files: Files) -> Found | None:
    """Ruby: RSpec where the Gemfile names it, else Rake."""
    if "Gemfile" not in files.names:
        return None
    rspec = "rspec" in files.texts.get("Gemfile", "")
    return Found(
        f"Ruby ({', '.join(files.there('Gemfile', 'Gemfile.lock'))})",
        image="ruby:3-bookworm",
        setup=("bundle install",),
        checks=("bundle exec rspec",) if rspec else ("bundle exec rake test",) if "Rakefile" in files.names else (),
        allow=("rubygems.org", "index.rubygems.org"),
        env={"GEM_HOME": f"{HOME}/.gem", "BUNDLE_APP_CONFIG": f"{HOME}/.bundle"},
    )


def java(files: Files) -> Found | None:
    """Java: the wrapper of Maven or Gradle where there is one. They take the proxy from options of their own."""
    proxy = " ".join(f"-D{scheme}.proxyHost=127.0.0.1 -D{scheme}.proxyPort=3128" for scheme in ("http", "https"))
    if "pom.xml" in files.names:
        mvn = "./mvnw" if "mvnw" in files.names else "mvn"
        return Found(
            f"Java ({', '.join(files.there('pom.xml', 'mvnw'))})",
            image="maven:3-eclipse-temurin-21",
            setup=(f"{mvn} -B -q dependency:go-offline",),
            checks=(f"{mvn} -B -q test",),
            allow=("repo.maven.apache.org",),
            env={"MAVEN_OPTS": proxy},
        )
    if shown := files.there("build.gradle", "build.gradle.kts"):
        gradle = "./gradlew" if "gradlew" in files.names else "gradle"
        return Found(
            f"Java ({', '.join([*shown, *files.there('gradlew')])})",
            image="gradle:jdk21",
            setup=(f"{gradle} -q dependencies",),
            checks=(f"{gradle} -q test",),
            allow=("repo.maven.apache.org", "plugins.gradle.org", "services.gradle.org"),
            env={"GRADLE_OPTS": proxy, "GRADLE_USER_HOME": f"{HOME}/.gradle"},
        )
    return None


def make(files: Files) -> Found | None:
    """A Makefile with a target for tests."""
    name = next(iter(files.there("GNUmakefile", "makefile", "Makefile")), "")
    target = re.search(r"(?m)^(test|check)\s*:", files.texts.get(name, ""))
    return Found(f"Make ({name})", checks=(f"make {target[1]}",)) if target else None


DETECTORS: tuple[Callable[[Files], Found | None], ...] = (python, node, go, rust, ruby, java, make)
"""In the order in which what they find is written down."""
