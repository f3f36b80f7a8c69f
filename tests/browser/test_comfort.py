"""What readers need or have: less motion, a focus that is seen, their own language, numbers of 20 characters."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from planner.persistence.unit_of_work import Store
from planner.services.users import Role
from tests import reminded
from tests.browser.desk import context_of, served, width_needed
from tests.browser.own_page import Running, let_in
from tests.housed import housed
from tests.planner.api.callers import Clock, at
from tests.studies import STUDY

__all__ = ["at"]

pytestmark = pytest.mark.browser
NUMBER, RECORD = "01-23456789012345678", "48273645019283746510"
PERSON = f"/studies/{STUDY}/participants/{NUMBER}"
HOME = ("/home", "/home/visits", "/home/calendar", "/home/away", "/home/settings")
CENTRE = ("/infusions/north", "/infusions/north/pharmacy", "/infusions/north/load", "/infusions/north/closures")
DESK = ("/today", "/participants", PERSON, f"{PERSON}/contact", f"{PERSON}/facts", f"{PERSON}/audit", "/calendar/north")
#: the longest time that anything takes to change, in seconds
LONGEST = """() => Math.max(...[...document.querySelectorAll('*')].flatMap(e => {
    const style = getComputedStyle(e), said = `${style.transitionDuration},${style.animationDuration}`;
    return said.split(',').map(one => one.trim().endsWith('ms') ? parseFloat(one) / 1000 : parseFloat(one));
}))"""
#: what has the focus: its name, how wide the ring around it is, and how strongly the ring differs from the page
FOCUSED = """() => {
    const e = document.activeElement, style = getComputedStyle(e);
    const shown = e.matches('[type=radio], [type=checkbox]') && style.boxShadow !== 'none' ? 2 : 0;
    const ring = style.outlineStyle === 'none' ? shown : parseFloat(style.outlineWidth);
    return [e.tagName === 'BODY' ? '' : e.outerHTML.slice(0, 120), ring];
}"""


@pytest.fixture
def running(store: Store, tmp_path: Path, at: Clock) -> Iterator[Running]:
    """A page of somebody's own, and in the same study somebody with the longest numbers, in a chair today."""
    with housed(store, tmp_path, at) as made, served(made.app) as address:
        made.study.enrol(NUMBER)
        made.study.record(NUMBER, {"fact": "booked", "date": "2026-01-05", "visit": "induction.c1.d1", "time": "10:00"})
        reminded.keep(
            made.study, NUMBER, name="Maximiliane-Theophania Freifrau von Madeup zu Hohenbreitenstein",
            birth_date="1961-05-12", record_number=RECORD,
        )  # fmt: skip
        yield Running(address, made)


def clinic(browser: Browser, running: Running, role: Role, **said: Any) -> BrowserContext:
    return context_of(browser, running.address, running.home.store, role, **said)


@pytest.mark.parametrize("width", [320, 390])
def test_the_longest_numbers_and_names_make_nobody_scroll_sideways(
    browser: Browser, running: Running, width: int
) -> None:
    wide = {}
    for role, paths in ((Role.INFUSION_CENTRE, CENTRE), (Role.COORDINATOR, DESK)):
        with clinic(browser, running, role, viewport={"width": width, "height": 844}) as context:
            page = context.new_page()
            for path in (*paths, f"{PERSON}/visits/induction.c1.d1/infusion"):
                page.goto(path)
                wide[path] = width_needed(page)
            page.goto(CENTRE[0])
            if role is Role.INFUSION_CENTRE:
                expect(page.get_by_role("region", name="In the order of the hour")).to_contain_text(RECORD)
    assert {path: found for path, found in wide.items() if found > width} == {}


def test_whoever_wants_less_motion_gets_none(browser: Browser, running: Running) -> None:
    with browser.new_context(reduced_motion="reduce") as own:
        moving = motion(let_in(own, running), *(f"{running.address}{path}" for path in HOME))
    for role, paths in ((Role.INFUSION_CENTRE, CENTRE), (Role.COORDINATOR, DESK)):
        with clinic(browser, running, role, reduced_motion="reduce") as context:
            moving |= motion(context.new_page(), *paths)
    assert {path: longest for path, longest in moving.items() if longest > 0.01} == {}


def motion(page: Page, *paths: str) -> dict[str, float]:
    found = {}
    for path in paths:
        page.goto(path)
        found[path] = page.evaluate(LONGEST)
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_has_the_focus_has_a_ring_on_every_page(browser: Browser, running: Running, scheme: Any) -> None:
    with browser.new_context(color_scheme=scheme) as own:
        bare = without_ring(let_in(own, running), *(f"{running.address}{path}" for path in HOME))
    with clinic(browser, running, Role.INFUSION_CENTRE, color_scheme=scheme) as context:
        bare += without_ring(context.new_page(), *CENTRE, f"{PERSON}/visits/induction.c1.d1/infusion")
    assert bare == []


def without_ring(page: Page, *paths: str) -> list[str]:
    """Whatever is reached by Tab on these pages without being seen to be."""
    found = []
    for path in paths:
        page.goto(path)
        for _ in range(40):
            page.keyboard.press("Tab")
            name, ring = page.evaluate(FOCUSED)
            if not name:
                break
            if ring < 2:
                found.append(f"{path}: {name}")
    return found


@pytest.mark.parametrize(
    ("code", "direction"), [("en", "ltr"), ("es", "ltr"), ("fr", "ltr"), ("ar", "rtl"), ("zh", "ltr")]
)
def test_every_page_says_in_which_language_it_is_and_is_read_in_its_direction(
    browser: Browser, running: Running, code: str, direction: str
) -> None:
    reminded.keep(running.home.study, language=code)
    with browser.new_context(viewport={"width": 320, "height": 844}) as own:
        page = let_in(own, running)
        for path in HOME:
            page.goto(f"{running.address}{path}")
            assert page.evaluate("[document.documentElement.lang, document.documentElement.dir]") == [code, direction]
            assert page.get_by_role("heading", level=1).evaluate("e => getComputedStyle(e).direction") == direction
            assert width_needed(page) <= 320, path


def test_a_date_in_chinese_stands_on_one_line(browser: Browser, running: Running) -> None:
    reminded.keep(running.home.study, language="zh")
    with browser.new_context() as own:
        page = let_in(own, running)
        for path in ("/home", "/home/settings"):
            page.goto(f"{running.address}{path}")
            for width in range(320, 400, 8):
                page.set_viewport_size({"width": width, "height": 844})
                lines = page.locator("time:visible").evaluate_all("all => all.map(e => e.getClientRects().length)")
                assert set(lines) == {1}, (path, width)
