from __future__ import annotations

import re
import subprocess
from itertools import product
from math import prod

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentmux.room import globs
from agentmux.room.globs import Lines, Symbol, covers, matches, overlap, parse, witness


def meets(a: str, b: str) -> bool:
    return overlap(parse(a), parse(b))


# -- what a pattern covers --------------------------------------------------------------------------------------

COVERED = [
    ("src/api", "src/api src/api/a.py src/api/v1/a.py", "src/apis src lib/src/api"),
    ("src/api/", "src/api/a.py src/api/v1/a.py", "src/api src/apis/a"),
    ("**/docs/", "docs/a lib/docs/a", "docs lib/docs"),
    ("*.py", "a.py src/a.py .py", "a.pyc py"),
    ("doc*", "docs/a doc lib/docs/a/b", "lib/adoc"),
    ("doc*/", "docs/a lib/docs/a/b", "doc lib/doc"),
    ("src/*.py", "src/a.py", "src/api/a.py src/a.pyc a.py"),
    ("src/.github", "src/.github/x", "src/github"),
    ("src/App.Core", "src/App.Core src/App.Core/x.cs", "src/App"),
    ("conf/a.d/", "conf/a.d/x", "conf/a.d"),
    ("src/**/test_*.py", "src/test_a.py src/api/test_a.py src/a/b/test_.py", "test_a.py src/api/a_test.py"),
    ("**/api", "api src/api src/api/x", "apis"),
    ("src/**", "src/a src/a/b", "src srcs/a"),
    ("src/**/", "src/a/b src/a/b/c", "src src/a"),
    ("**", "a a/b", ""),
    ("a/**/b", "a/b a/x/b a/x/y/b/c", "a b a/x"),
    ("a**b/c", "ab/c axxb/c", "a/b/c"),
    ("f?o/x", "foo/x f.o/x", "fo/x fooo/x f/o/x"),
    ("[a-c]x/y", "ax/y cx/y", "dx/y -x/y"),
    ("[!a-c]x/y", "dx/y", "ax/y x/y"),
    ("[^a]x/y", "bx/y", "ax/y"),
    ("[]a]x/y", "]x/y ax/y", "bx/y"),
    ("[a-]x/y", "-x/y ax/y", "bx/y"),
    ("app/[[]id]/p", "app/[id]/p", "app/i/p"),
    ("C#/x.cs", "C#/x.cs", "C"),
    ("ä/*.md", "ä/ö.md", "a/ö.md"),
]
NOT_AS_IN_GIT = [
    ("README.md", "README.md", "docs/README.md README.md/x"),
    ("docs/", "docs/a", "docs lib/docs/a"),
    ("docs", "docs docs/a", "lib/docs"),
    ("./*.md", "a.md", "b/a.md"),
    ("*.py", "a.py", "a.py/x"),
    ("src/a.py", "src/a.py", "src/a.py/x"),
    ("src//./api", "src/api src/api/x", "api"),
    (".", "a a/b", ""),
]


@pytest.mark.parametrize(("pattern", "inside", "outside"), COVERED + NOT_AS_IN_GIT)
def test_a_pattern_covers(pattern, inside, outside):
    parsed = parse(pattern)
    assert [p for p in inside.split() if not matches(parsed, p)] == []
    assert [p for p in outside.split() if matches(parsed, p)] == []


@pytest.mark.parametrize("path", ["a/../b", "./a", "a//b", "/a", "a/", ".."])
def test_what_is_no_path_in_a_repository_is_covered_by_nothing(path):
    assert not matches(parse("**"), path)


@pytest.mark.parametrize(("pattern", "inside", "outside"), COVERED)
def test_git_ignores_exactly_what_a_pattern_covers(tmp_path, pattern, inside, outside):
    git = ["git", "-c", "core.excludesFile=/dev/null", "-C", str(tmp_path)]
    subprocess.run([*git, "init", "-q"], check=True)
    (tmp_path / ".git/info/exclude").write_text(f"{pattern}\n", encoding="utf-8")
    paths = f"{inside} {outside}".split()
    ran = subprocess.run(
        [*git, "check-ignore", "--no-index", "-z", "--stdin"], input="\0".join(paths), capture_output=True, text=True
    )
    assert set(filter(None, ran.stdout.split("\0"))) == {p for p in paths if matches(parse(pattern), p)}


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("./src/api", "src/api"),
        ("src//api/", "src/api/"),
        ("  a.py ", "a.py"),
        ("./a.py", "a.py"),
        ("./*.py", "./*.py"),
        ("a.py:10", "a.py:10-10"),
        ("./a.py#f", "a.py#f"),
        ("./", "**"),
    ],
)
def test_a_pattern_has_one_normal_form(text, normal):
    assert parse(text).text == normal
    assert parse(normal) == parse(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ("   ", "is empty"),
        ("/etc/passwd", "is absolute"),
        ("../x", "'..'"),
        ("a/../b", "'..'"),
        ("a/..#f", "'..'"),
        ("src\\api", "backslash"),
        ("!a", "'!'"),
        ("a\x1b[31mb", "control character"),
        ("a\x00", "control character"),
        ("[ab", "without its ']'"),
        ("[a/b]", "without its ']'"),
        ("[z-a]", "backwards"),
        ("[[:alpha:]]", "named class"),
        ("#main", "file before '#'"),
        ("a.py#", "symbol after"),
        ("a.py:40-10", "smaller first"),
        ("a.py:0", "from 1"),
        ("a" * 257, "256 characters"),
    ],
)
def test_what_cannot_be_a_pattern_is_refused_with_a_sentence(text, words):
    with pytest.raises(ValueError, match=re.escape(words)) as refused:
        parse(text)
    assert str(refused.value).startswith("The path ")
    assert str(refused.value).endswith(".")
    assert "\x1b" not in str(refused.value)


def test_anchors_are_read():
    assert parse("src/a.py#Room.submit").anchor == Symbol("Room.submit")
    assert parse("src/a.py:3-9").anchor == Lines(3, 9)
    assert parse("C#/a.cs").anchor is None
    assert parse("a:b").anchor is None


# -- overlap ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ("src/*.py", "src/a*", True),
        ("src/**/test_*.py", "src/api/**", True),
        ("src/api", "src/api/v1/x.py", True),
        ("src/a.py", "src/b.py", False),
        ("src/*.py", "src/*.js", False),
        ("*.py", "*.js", False),
        ("src/app.py", "*.md", False),
        ("*.py", "docs/", True),
        ("src/", "docs/", False),
        ("a.py", "src/a.py", False),
        ("**/a.py", "src/a.py", True),
        ("src/test_*", "*.py", True),
        ("a/?", "a/[!x]", True),
        ("a/x", "a/[!x]", False),
        ("a/[a-m]", "a/[n-z]", False),
        ("a/[a-m]", "a/[m-z]", True),
        ("a/*x*y", "a/y*x", False),
        ("a/*x*y*", "a/y*x", True),
        ("a/*x*", "a/y*", True),
        ("a/?", "a/??", False),
        ("a/[.]", "a/?", False),
        ("a/[.][.]", "a/??", False),
        ("a/[.][.]", "a/..?", False),
        ("a/[.][.]?", "a/..?", True),
        ("**/b", "a/**", True),
        ("a/**/z", "b/**/z", False),
        ("x/**/a/**/b", "x/b/*", True),
        ("src/", "src", True),
    ],
)
def test_overlap(a, b, expected):
    assert meets(a, b) is expected
    assert meets(b, a) is expected


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ("a.py#f", "a.py#g", False),
        ("a.py#f", "a.py#f", True),
        ("a.py#Room", "a.py#Room.submit", True),
        ("a.py#Room", "a.py#Roommate", False),
        ("a.py:1-10", "a.py:11-20", False),
        ("a.py:1-10", "a.py:10-20", True),
        ("a.py", "a.py#f", True),
        ("*.py", "src/a.py:3", True),
        ("src/", "src/a.py#f", True),
        ("a.py#f", "a.py:1-10", True),
        ("a.py#f", "b.py#f", False),
        ("src/*.py#f", "src/a.py#f", True),
    ],
)
def test_parts_of_files_overlap(a, b, expected):
    assert meets(a, b) is expected
    assert meets(b, a) is expected


NAME = st.text("ab*?.", min_size=1, max_size=3).filter(lambda s: s not in (".", "..")) | st.sampled_from(
    ["**", "[ab]", "[!a]", "[!a]*", "*[.b]", "[.]", "[.][.]", "[a-b]?"]
)
PATTERN = st.builds(
    lambda lead, names, tail: lead + "/".join(names) + tail,
    st.sampled_from(["", "./"]),
    st.lists(NAME, min_size=1, max_size=3),
    st.sampled_from(["", "/"]),
)
NAMES = ["".join(p) for n in (1, 2, 3) for p in product("ab.", repeat=n)]
PATHS = ["/".join(p) for n in (1, 2) for p in product([n for n in NAMES if n not in (".", "..")], repeat=n)]
PATHS += ["/".join(p) for n in (3, 4) for p in product(["a", "b", "ab", ".a"], repeat=n)]


def oracle(text: str) -> re.Pattern[str]:
    """The documented meaning, told a second time in another way: as a regular expression over paths of a and b."""
    folder = text.endswith("/")
    rooted = text.startswith("./") or "/" in text.rstrip("/") or not set(text) & set("*?[")
    names = text.removeprefix("./").rstrip("/").split("/")
    out = "" if rooted else "(?:[^/]+/)*"
    for i, name in enumerate(names):
        last = i == len(names) - 1
        if name == "**":
            out += "(?:[^/]+/)*[^/]+" if last else "(?:[^/]+/)*"
            continue
        pieces = re.findall(r"\[!?.[^]]*\]|.", name)
        for piece in pieces:
            out += {"*": "[^/]*", "?": "[^/]"}.get(
                piece, piece.replace("[!", "[^/") if piece[0] == "[" else re.escape(piece)
            )
        out += "" if last else "/"
    if folder:
        return re.compile(out + "/[^/]+(?:/[^/]+)*")
    return re.compile(out if re.fullmatch(r".+\.[ab]+", names[-1]) else out + "(?:/[^/]+)*")


@settings(max_examples=150, deadline=None)
@given(PATTERN, st.sampled_from(PATHS))
def test_a_pattern_covers_what_its_regular_expression_matches(text, path):
    assert matches(parse(text), path) == bool(oracle(text).fullmatch(path))


@settings(max_examples=250, deadline=None)
@given(PATTERN, PATTERN)
def test_two_patterns_overlap_exactly_when_some_path_is_in_both(a, b):
    first, second = oracle(a), oracle(b)
    common = next((path for path in PATHS if first.fullmatch(path) and second.fullmatch(path)), None)
    path = witness(parse(a), parse(b))
    if common is not None:
        assert path is not None, f"both cover {common}"
    if path is not None:
        assert first.fullmatch(path)
        assert second.fullmatch(path)
        assert not {"", ".", ".."}.intersection(path.split("/"))
    assert overlap(parse(a), parse(b)) == overlap(parse(b), parse(a)) == (path is not None)


@settings(max_examples=150, deadline=None)
@given(PATTERN, PATTERN)
def test_what_a_pattern_surely_covers_it_matches(a, b):
    if covers(parse(a), parse(b)):
        inside, outside = oracle(b), oracle(a)
        assert [p for p in PATHS if inside.fullmatch(p) and not outside.fullmatch(p)] == []


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ("src/", "src/", True),
        ("src/**", "src/api/x.py", True),
        ("**", "docs/*.md", True),
        ("src/api", "src/api/v1/*.py", True),
        ("a.py", "a.py#f", True),
        ("a.py#f", "a.py", False),
        ("src/a.py", "**/a.py", False),
        ("**/a.py", "src/a.py", True),
        ("src/*.py", "src/a.py", True),
        ("src/a*", "src/*", False),
    ],
)
def test_covers(a, b, expected):
    assert covers(parse(a), parse(b)) is expected


def states(a, b, monkeypatch):
    """How many positions are looked at to tell whether the two overlap."""
    looked = 0
    real = globs._run

    def counting(sequences, common):
        nonlocal looked
        looked += prod(len(sequence) + 1 for sequence in sequences)
        return real(sequences, common)

    monkeypatch.setattr(globs, "_run", counting)
    for cached in (globs._common_path, globs._name):
        cached.cache_clear()
    overlap(parse(a), parse(b))
    monkeypatch.undo()
    return looked


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("a/" + "*a" * 19 + "*b", "a/" + "*a" * 19 + "*c"),
        ("a/*" + "a" * 39, "a/*" + "a" * 38 + "b"),
        ("a/*" + "?" * 37 + "*a", "a/" + "*a" * 19 + "*b"),
        ("**/" + "/".join(["*a*b"] * 10), "**/" + "/".join(["*b*a"] * 10)),
        ("/".join(["**", "*a"] * 15 + ["b"]), "/".join(["**", "*a"] * 15 + ["c"])),
        ("**/" + "/".join(["a"] * 31), "**/" + "/".join(["a"] * 30 + ["b"])),
    ],
)
def test_the_worst_patterns_are_little_work(a, b, monkeypatch):
    assert states(a, b, monkeypatch) < 20_000


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("a/" + "*a" * 19 + "*b", "a/" + "a" * 200),
        ("/".join(["**", "*a"] * 15 + ["b"]), "/".join(["aa"] * 60)),
        ("**/" + "/".join(["a"] * 30 + ["b"]), "/".join(["a"] * 200)),
        ("/".join(["**", "a"] * 15 + ["b"]), "/".join(["a"] * 200)),
    ],
)
def test_whether_the_worst_patterns_cover_a_path_is_little_work(pattern, path, monkeypatch):
    looked = 0

    def counting(real):
        def count(wanted, found):
            nonlocal looked
            looked += 1
            return real(wanted, found)

        return count

    parsed = parse(pattern)
    for name in ("_is_name", "_is_in"):
        monkeypatch.setattr(globs, name, counting(getattr(globs, name)))
    assert not matches(parsed, path)
    assert 0 < looked <= 50 * len(path)


@pytest.mark.parametrize("pattern", ["*a" * 21, "a/*" + "a" * 41, "/".join(["*a*a*a*a*a*a"] * 4), "?" * 250])
def test_patterns_that_would_be_much_work_are_refused(pattern):
    with pytest.raises(ValueError, match="more than 40 characters in names with wildcards"):
        parse(pattern)
    with pytest.raises(ValueError, match="more than 32 names deep"):
        parse("**/" * 33 + "a")


@pytest.mark.parametrize("pattern", ["a" * 256, "x/" * 31 + "y", "packages/*/src/components/**/*.integration.test.tsx"])
def test_patterns_that_people_write_are_not(pattern):
    assert parse(pattern).text == pattern
