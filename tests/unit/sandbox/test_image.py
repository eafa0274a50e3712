import docker
import pytest
from docker.errors import APIError, ImageNotFound

from agentmux.config import Install
from agentmux.errors import ImageBuildError, SandboxError
from agentmux.sandbox import image
from agentmux.sandbox.image import build_arguments, context_files, default_base, ensure_image, image_tag


class FakeEngine:
    """Images by name, and the replies of a build."""

    def __init__(self, images=(), replies=()):
        self.known = {name: f"sha256:{name}" for name in images}
        self.replies = replies
        self.built = []
        self.images = self.api = self

    def get(self, name):
        if name not in self.known:
            raise ImageNotFound("no such image")
        found = type("Image", (), {})()
        found.id = self.known[name]
        return found

    def pull(self, name):
        raise APIError("refused", explanation="registry is out of reach")

    def build(self, **options):
        self.built.append(options)
        yield from self.replies

    def close(self):
        pass


@pytest.fixture
def engine(monkeypatch):
    def use(**what):
        fake = FakeEngine(**what)
        monkeypatch.setenv("DOCKER_HOST", "tcp://fake:1")
        monkeypatch.setattr(docker, "from_env", lambda: fake)
        return fake

    return use


def test_what_several_profiles_need_is_installed_once_in_a_fixed_order():
    one, two = Install(apt=["z", "a"], npm=["b@1"]), Install(apt=["a"], uv=["tool==1 mcp", "other==2"])
    assert build_arguments([one, two]) == build_arguments([two, one])
    assert build_arguments([one, two]) == {
        "APT_PACKAGES": "a z",
        "NPM_PACKAGES": "b@1",
        "UV_TOOLS": "other==2;tool==1 mcp",
    }


def test_the_tag_changes_with_everything_that_goes_in_and_with_nothing_else():
    plain = {"APT_PACKAGES": "", "NPM_PACKAGES": ""}
    files = {"Dockerfile": b"FROM x"}
    tags = {
        image_tag("base", plain, files),
        image_tag("other base", plain, files),
        image_tag("base", {**plain, "APT_PACKAGES": "jq"}, files),
        image_tag("base", plain, {"Dockerfile": b"FROM y"}),
        image_tag("base", plain, {**files, "certs/x.crt": b"x"}),
    }
    assert len(tags) == 5
    assert image_tag("base", dict(reversed(plain.items())), dict(files)) in tags


def test_the_hosts_additional_certificates_go_into_the_context(tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "corp.crt").write_bytes(b"PEM")
    (tmp_path / "notes.txt").write_bytes(b"no certificate")
    files = context_files(tmp_path)
    assert files["certs/corp.crt"] == b"PEM"
    assert not any("notes" in name for name in files)
    assert files["Dockerfile"].startswith(b"#")
    assert context_files(tmp_path / "nowhere").keys() == {"Dockerfile", "entry.sh", "certs/README"}


def test_an_image_that_exists_is_not_built_again(engine, tmp_path):
    fake = engine(images=["base"])
    first = ensure_image([Install()], "base", print, tmp_path / "log")
    fake.known[first] = "sha256:1"
    told: list[str] = []
    assert ensure_image([Install()], "base", told.append, tmp_path / "log") == first
    assert len(fake.built) == 1
    assert told == []


def test_steps_are_told_and_everything_is_kept(engine, tmp_path):
    replies = [{"stream": "Step 1/2 : FROM x"}, {"stream": "\n"}, {"stream": "\x1b[31mred\x1b[0m\rover\n"}]
    engine(images=["base"], replies=replies)
    told: list[str] = []
    ensure_image([Install()], "base", told.append, tmp_path / "out" / "image.log")
    assert told[1:] == ["Step 1/2 : FROM x"]
    assert (tmp_path / "out" / "image.log").read_text() == "Step 1/2 : FROM x\nred\nover\n"


def test_a_failed_build_shows_its_last_lines(engine, tmp_path):
    lines = [{"stream": f"line {n}\n"} for n in range(50)]
    end = [{"stream": " ---> 0123\n"}, {"error": "The command '/bin/sh -c false' returned a non-zero code: 1"}]
    engine(images=["base"], replies=[{"stream": "Step 3/9 : RUN false"}, *lines, *end])
    with pytest.raises(ImageBuildError, match=r"built: Step 3/9 ended with status 1\.") as caught:
        ensure_image([Install()], "base", print, tmp_path / "log")
    assert caught.value.tail[-1] == "line 49"
    assert len(caught.value.tail) == image.TAIL
    assert caught.value.log == str(tmp_path / "log")
    assert caught.value.log in caught.value.hint


def test_a_full_disk_has_its_own_sentence(engine, tmp_path):
    engine(images=["base"], replies=[{"stream": "write /x: No space left on device"}, {"error": "code: 100"}])
    with pytest.raises(ImageBuildError, match="no space is left") as caught:
        ensure_image([Install()], "base", print, tmp_path / "log")
    assert "docker system df" in caught.value.hint


def test_a_base_that_cannot_be_pulled(engine, tmp_path):
    engine()
    with pytest.raises(SandboxError, match=r"base image debian:x .* cannot be pulled: registry is out") as caught:
        ensure_image([Install()], "debian:x", print, tmp_path / "log")
    assert "agentmux image base" in caught.value.hint


def test_the_local_base_is_preferred(engine):
    engine(images=["agentmux/base:bookworm"])
    assert default_base("debian:bookworm-slim") == "agentmux/base:bookworm"
    engine()
    assert default_base("debian:bookworm-slim") == "debian:bookworm-slim"
