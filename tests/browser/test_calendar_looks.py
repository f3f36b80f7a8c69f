"""What somebody sees on a screen, on a phone and on paper, by role and label."""

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

pytestmark = pytest.mark.browser

CALENDAR = "/protocols/vsli-ino/calendar?start=2026-01-05"
WITHOUT_A_DAY = f"{CALENDAR}&closed=2026-01-16+to+2026-01-21"


def width_of(found: Locator) -> float:
    box = found.bounding_box()
    assert box is not None
    return box["width"]


@pytest.mark.parametrize("protocol", ["vsli-ino", "ven-ino"])
def test_the_whole_schedule_of_activities_is_seen_on_a_desk(page: Page, protocol: str) -> None:
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto(f"/protocols/{protocol}")
    table = page.get_by_role("region", name="The table")
    assert table.evaluate("table => table.scrollWidth <= table.clientWidth")
    expect(page.get_by_text("The table goes on to the right")).to_be_hidden()


def test_a_phone_says_that_the_schedule_goes_on(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/protocols/vsli-ino")
    table = page.get_by_role("region", name="The table")
    assert table.evaluate("table => table.scrollWidth > table.clientWidth")
    expect(page.get_by_text("The table goes on to the right")).to_be_visible()


@pytest.mark.parametrize("width", [390, 1280])
def test_the_months_name_every_decision_and_break_no_word(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    page.goto(f"{CALENDAR}&view=months")
    month = page.get_by_role("table", name="January 2026")
    decision = month.get_by_role("link", name="Decision: Response to the cycle")
    assert width_of(decision.get_by_text("Response to the cycle")) > 60
    marrow = month.get_by_role("link", name="C1D24 Marrow")
    assert marrow.evaluate(LONGEST_WORD) <= width_of(marrow)


# How wide the widest word of a link would be on a line of its own.
LONGEST_WORD = """link => {
    const range = document.createRange(), text = link.querySelector('span').firstChild;
    return Math.max(...[...text.data.matchAll(/\\S+/g)].map(word => {
        range.setStart(text, word.index); range.setEnd(text, word.index + word[0].length);
        const lines = [...range.getClientRects()];
        return lines.length > 1 ? Infinity : lines[0].width;
    }));
}"""


@pytest.mark.parametrize("width", [390, 1280])
def test_the_months_say_which_visit_has_no_date_and_which_months_are_empty(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    page.goto(f"{WITHOUT_A_DAY}&view=months")
    undated = page.get_by_role("region", name="In no month: no date")
    expect(undated).to_contain_text("C1D15, due Monday 19 January 2026: needs a decision")
    expect(page.get_by_text("August 2026: nothing is planned.")).to_be_visible()
    expect(page.get_by_text("October 2026 to November 2026: nothing is planned.")).to_be_visible()


def test_the_heading_says_which_version_and_which_day_1_on_the_screen_and_on_paper(page: Page) -> None:
    page.goto(CALENDAR)
    for media in ("screen", "print"):
        page.emulate_media(media=media)
        expect(page.get_by_text("Version 1.0 · Day 1 on Monday 5 January 2026")).to_be_visible()


def test_paper_shows_all_of_every_number_and_of_every_status(page: Page) -> None:
    page.set_viewport_size({"width": 718, "height": 1040})
    page.emulate_media(media="print")
    page.goto(WITHOUT_A_DAY)
    last = page.get_by_role("region", name="Assumptions").get_by_role("listitem").last
    size, room = last.evaluate("item => [parseFloat(getComputedStyle(item).fontSize), item.getBoundingClientRect().x]")
    assert room > 2 * size, "no room for two digits and a full stop"
    status = page.get_by_role("row", name="C1D15").get_by_text("needs a decision", exact=True)
    box = status.bounding_box()
    assert box is not None
    assert box["x"] + box["width"] <= 718


@pytest.mark.parametrize("address", ["/protocols/vsli-ino", CALENDAR])
def test_paper_is_black_on_white_even_where_the_screen_is_dark(page: Page, address: str) -> None:
    page.emulate_media(media="print", color_scheme="dark")
    page.goto(address)
    for text in (page.get_by_role("heading", level=1), page.get_by_role("listitem").last):
        assert contrast(colour_of(text, "color"), (255, 255, 255)) > 7


def colour_of(found: Locator, what: str) -> tuple[float, ...]:
    """Red, green, blue, and how opaque it is where it is not wholly."""
    return tuple(float(part) for part in re.findall(r"[0-9.]+", found.evaluate(f"e => getComputedStyle(e).{what}")))


def contrast(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    """The contrast ratio of WCAG 2."""
    lights = sorted((_light(one), _light(other)), reverse=True)
    return (lights[0] + 0.05) / (lights[1] + 0.05)


def _light(colour: tuple[float, ...]) -> float:
    parts = [part / 255 for part in colour[:3]]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_has_the_focus_is_seen(page: Page, scheme: Any) -> None:
    page.emulate_media(color_scheme=scheme)
    page.goto(CALENDAR)
    paper = colour_of(page.locator("html"), "backgroundColor")
    summary = page.get_by_role("row", name="C1D8").get_by_text("Why this day")
    button = page.get_by_role("button", name="Show the calendar")
    field = page.get_by_label("Start date")
    for found in (field, button, page.get_by_role("link", name="Month by month"), summary):
        page.keyboard.press("Tab")  # from here on the browser shows the focus
        found.focus()
        *ring, opaque = [*colour_of(found, "outlineColor"), 1.0][:4]
        seen = tuple(opaque * part + (1 - opaque) * behind for part, behind in zip(ring, paper, strict=False))
        assert contrast(seen, paper) >= 3
        assert found.evaluate("e => parseFloat(getComputedStyle(e).outlineWidth)") >= 2


def test_the_ring_around_why_leaves_the_window_readable(page: Page) -> None:
    page.goto(CALENDAR)
    summary = page.get_by_role("row", name="C1D8").get_by_text("Why this day")
    page.keyboard.press("Tab")
    summary.focus()
    assert summary.evaluate(RING_OVER_TEXT) <= 0


# By how much the ring of a summary reaches into the line of text above it.
RING_OVER_TEXT = """summary => {
    const range = document.createRange(), cell = summary.closest('[role=cell]'), style = getComputedStyle(summary);
    range.selectNode([...cell.childNodes].find(node => node.nodeType === 3 && node.data.includes('Sun 11')));
    const ring = parseFloat(style.outlineOffset) + parseFloat(style.outlineWidth);
    return range.getBoundingClientRect().bottom - (summary.getBoundingClientRect().y - ring);
}"""


@pytest.mark.parametrize(("link", "ending"), [("as iCalendar", "ics"), ("as CSV", "csv")])
def test_the_calendar_can_be_taken_along(page: Page, link: str, ending: str) -> None:
    page.goto(CALENDAR)
    with page.expect_download() as taken:
        page.get_by_role("link", name=link).click()
    assert taken.value.suggested_filename == f"vsli-ino-2026-01-05.{ending}"
