"""What is painted when little changed: the terminal must end up as if all had been painted anew."""

from __future__ import annotations

import re

import pytest
from rich.cells import cell_len
from rich.segment import Segment
from textual._compositor import CompositorUpdate
from textual.app import App, ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.geometry import Region
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Static

from agentmux.ui.compositor import RowCompositor, paint
from agentmux.ui.widgets.line import Line

COLUMNS, ROWS = 40, 8
TOKEN = re.compile(r"\x1b\[(\d+);(\d+)H|\x1b\[[0-9;:]*m|(\n)|([^\x1b\n])")


class Grid:
    """A terminal without colours."""

    def __init__(self) -> None:
        self.rows = [[" "] * COLUMNS for _ in range(ROWS)]

    def feed(self, text: str) -> None:
        x = y = 0
        for token in TOKEN.finditer(text):
            if token[1]:
                y, x = int(token[1]) - 1, int(token[2]) - 1
            elif token[4]:
                width = cell_len(token[4])
                self.rows[y][x : x + width] = [token[4], *[""] * (width - 1)]
                x += width

    def text(self) -> str:
        return "\n".join(map("".join, self.rows))


class Text(Static):
    """Counts how often it is asked for its rows."""

    asked = 0

    def render_lines(self, crop: Region) -> list[Strip]:
        self.asked += 1
        return super().render_lines(crop)


class Own(Widget):
    """Draws its rows by itself, as a pane does."""

    letter = "a"

    def render_lines(self, crop: Region) -> list[Strip]:
        return [Strip([Segment(self.letter * crop.width)]) for _ in crop.line_range]


class Rows(Screen[None]):
    CSS = """
    Rows { layers: base top; }
    Horizontal { height: 1fr; }
    Text, Own { width: 1fr; height: 1fr; }
    #over { layer: top; dock: top; offset: 4 1; width: 20; height: 2; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._compositor = RowCompositor()
        self.title_text = "title"

    def compose(self) -> ComposeResult:
        yield Line(lambda _: Content(self.title_text), id="line")
        with Horizontal():
            yield Text(id="left")
            yield Text(id="right")
            yield Own()
            with VerticalScroll():
                yield from (Static(f"number {n}", id=f"n{n}") for n in range(20))
        yield Static("over\nover", id="over")

    def rename(self, title: str) -> None:
        self.title_text = title
        self.query_one(Line).redraw()


class Painted(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.grid = Grid()

    def on_mount(self) -> None:
        self.push_screen(Rows())

    def _display(self, screen: Screen[object], renderable: object) -> None:
        if isinstance(renderable, CompositorUpdate):
            self.grid.feed(renderable.render_segments(self.console))
        super()._display(screen, renderable)  # type: ignore[arg-type]

    def anew(self) -> str:
        """What the terminal would show if all was painted now."""
        grid = Grid()
        grid.feed(self.screen._compositor.render_full_update().render_segments(self.console))
        return grid.text()


@pytest.fixture
async def painted():
    app = Painted()
    async with app.run_test(size=(COLUMNS, ROWS)) as pilot:
        await pilot.pause()
        yield app, pilot


async def test_the_terminal_shows_what_a_full_painting_would(painted):
    app, pilot = painted
    left, right, over = (app.screen.query_one(f"#{name}", Static) for name in ("left", "right", "over"))
    steps = [
        lambda: left.update("one\ntwo\nthree\nfour 漢字"),
        lambda: (right.update("beside"), over.update("now\nthis")),
        lambda: setattr(over.styles, "offset", (12, 3)),
        lambda: left.update("under it\nthe rows\nare\npartly\nhidden"),
        lambda: left.refresh(Region(0, 1, 5, 2), Region(2, 4, 3, 1)),
        lambda: setattr(over, "display", False),
        lambda: app.screen.query_one(VerticalScroll).scroll_to(y=7, animate=False),
        lambda: app.screen.query_one("#n9", Static).update("another 9"),
        lambda: app.screen.rename("new title"),
        lambda: app.screen.query_one(Horizontal).refresh(),
    ]
    for number, step in enumerate(steps):
        step()
        await pilot.pause()
        await pilot.pause()
        assert app.grid.text() == app.anew(), f"after step {number}"


async def test_who_is_alone_in_front_is_painted_without_the_others(painted):
    app, pilot = painted
    left, right = app.screen.query_one("#left", Text), app.screen.query_one("#right", Text)
    left.asked = right.asked = 0
    left.refresh(Region(0, 4, left.size.width, 1))
    await pilot.pause()
    assert (left.asked, right.asked) == (1, 0)


async def test_what_lies_under_something_is_put_together(painted):
    app, _ = painted
    compositor = app.screen._compositor
    assert isinstance(compositor, RowCompositor)
    assert compositor.in_front(Region(0, 5, 5, 1)) is app.screen.query_one("#left")
    assert compositor.in_front(Region(4, 1, 20, 2)) is app.screen.query_one("#over")
    assert compositor.in_front(Region(0, 1, 30, 1)) is None


async def test_rows_of_one_who_is_alone_in_front_are_painted_at_once(painted):
    app, pilot = painted
    own = app.screen.query_one(Own)
    own.letter = "#"
    paint(own, [Region(0, row, own.size.width, 1) for row in range(3, own.size.height)])
    assert app.grid.text().count("#") == own.size.width * (own.size.height - 3)
    own.refresh()
    await pilot.pause()
    assert app.grid.text() == app.anew()


async def test_rows_under_something_are_painted_around_it(painted):
    app, pilot = painted
    own = app.screen.query_one(Own)
    over = app.screen.query_one("#over")
    over.styles.offset = (own.region.x + 2, own.region.y + 1)
    await pilot.pause()
    own.letter = "#"
    paint(own, [Region(0, row, own.size.width, 1) for row in range(own.size.height)])
    await pilot.pause()
    await pilot.pause()
    assert "over" in app.grid.text()
    assert app.grid.text() == app.anew()


async def test_nothing_is_painted_over_another_screen(painted):
    app, pilot = painted
    own = app.screen.query_one(Own)
    await app.push_screen(Screen())
    await pilot.pause()
    before = app.grid.text()
    own.letter = "#"
    paint(own, [Region(0, 0, own.size.width, 1)])
    await pilot.pause()
    assert app.grid.text() == before
