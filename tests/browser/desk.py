"""A desk in a browser: a planner that is served, with people in it, and somebody who is signed in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from playwright.sync_api import Browser, BrowserContext, Locator, Page, ViewportSize

from planner.persistence.unit_of_work import Store
from planner.services.users import Role
from planner.web.door import SESSION
from tests.conftest import ROOT
from tests.desk import session_of
from tests.serving import served as served

SIZES: dict[str, ViewportSize] = {
    "phone": {"width": 390, "height": 844},
    "desktop": {"width": 1280, "height": 900},
}
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
AXE = ROOT / ".axe" / "node_modules" / "axe-core" / "axe.min.js"


@dataclass(slots=True)
class Hand:
    """Somebody's hand at a page: every click, choice and field that is filled in counts."""

    page: Page
    interactions: list[str] = field(default_factory=list)

    def click(self, found: Locator) -> None:
        """Click something."""
        self.interactions.append("click")
        found.click()

    def fill(self, found: Locator, text: str) -> None:
        """Fill in a field, and leave it."""
        self.interactions.append("fill")
        found.fill(text)
        found.dispatch_event("change")


def context_of(browser: Browser, address: str, store: Store, role: Role, **said: object) -> BrowserContext:
    """A browser in which somebody of that role is signed in; ``said`` is what Playwright takes for it."""
    context = browser.new_context(base_url=address, **said)  # type: ignore[arg-type]
    context.add_cookies([{"name": SESSION, "value": session_of(store, role), "url": address}])
    return context


def watched(context: BrowserContext) -> Iterator[Page]:
    """A page in that browser, for a fixture: none of its scripts may fail, and nothing may break the pages' policy."""
    made = context.new_page()
    wrong: list[str] = []
    made.on("pageerror", lambda error: wrong.append(str(error)))
    made.on("console", lambda said: wrong.append(said.text) if "Content Security Policy" in said.text else None)
    yield made
    context.close()
    assert wrong == []


def scripted(page: Page) -> bool:
    """Whether the page's scripts run: what comes by itself comes only then."""
    return bool(page.evaluate("'htmx' in window"))


def width_needed(page: Page) -> float:
    """How wide the page is with all that is on it, in pixels, once its style sheets are there: words come before."""
    page.wait_for_load_state()
    found: float = page.evaluate("document.documentElement.scrollWidth")
    return found


def width_in_both(page: Page) -> float:
    """The same in light or in dark, whichever is wider."""
    found = []
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        found.append(width_needed(page))
    page.emulate_media(color_scheme="null")
    return max(found)


def violations(page: Page) -> list[str]:
    """What axe-core finds on the page that is shown, in light and in dark: the rule, and the first that breaks it."""
    page.wait_for_load_state()
    # The page's own policy lets no script in but ours; this one is handed to the browser from outside of it.
    page.evaluate(AXE.read_text("utf-8"))
    found: list[dict[str, Any]] = []
    for scheme, asked in zip(SCHEMES, (_ASKED_FOR, _OF_COLOURS), strict=True):
        page.emulate_media(color_scheme=scheme)
        found += page.evaluate(_RUN, asked)
    page.emulate_media(color_scheme="null")
    return [_said(one["id"], one["nodes"][0]) for one in found]


#: with the size of targets, which axe leaves out unless it is asked: 24 pixels, or as much room around them
_ASKED_FOR = {"rules": {"target-size": {"enabled": True}}}
#: the same page in other colours breaks no other rule
_OF_COLOURS = {"runOnly": ["color-contrast", "link-in-text-block"]}
#: a colour that is still on its way to another is neither
_RUN = """asked => {
    document.getAnimations().filter(one => one instanceof CSSTransition).forEach(one => one.finish())
    return axe.run(document, {resultTypes: ['violations'], ...asked}).then(found => found.violations)
}"""


def barriers(context: BrowserContext, paths: Mapping[str, str]) -> dict[str, list[str]]:
    """What axe-core finds on each of these pages, in light and in dark, by its name; those without are left out."""
    return _wrong_on_each(context, paths, violations)


def _wrong_on_each(
    context: BrowserContext, paths: Mapping[str, str], look: Callable[[Page], list[str]]
) -> dict[str, list[str]]:
    page, found = context.new_page(), {}
    for name, path in paths.items():
        page.goto(path)
        found[name] = look(page)
    context.close()
    return {name: wrong for name, wrong in found.items() if wrong}


def _said(rule: str, first: dict[str, Any]) -> str:
    return f"{rule}: {first['html'][:200]} ({first['failureSummary'][:300]})"


def lowest_target(page: Page) -> float:
    """How high the lowest link or button is that can be seen, in pixels; words within a sentence do not count."""
    page.wait_for_load_state()
    found: float = page.evaluate(_LOWEST)
    return found


_LOWEST = """() => Math.min(...[...document.querySelectorAll('a, button, summary, input:not([type=hidden]), select')]
    .filter(e => e.offsetParent && !e.classList.contains('skip') && !e.closest('p, dd, label'))
    .map(e => e.getBoundingClientRect().height))"""


def tab_to(page: Page, name: str) -> None:
    """Press Tab until the field of that name has the focus."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.name") == name:
            return
    raise AssertionError(f"no way to {name} by keyboard")


def tab_onto(page: Page, found: Locator) -> None:
    """Press Tab until something has the focus."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if found.evaluate("one => one === document.activeElement"):
            return
    raise AssertionError(f"no way to {found} by keyboard")


def press_at(page: Page, found: Locator) -> None:
    """Go to a link or a button by keyboard, and press it."""
    tab_onto(page, found)
    page.keyboard.press("Enter")


def walked(page: Page) -> list[str]:
    """What is wrong with a page for whoever goes through it by Tab alone: where they get stuck, or do not see where
    they are, or what they come to in another order than they read it."""
    wrong, last = [], -1
    page.keyboard.press("Tab")
    if not page.evaluate("document.activeElement.matches('a.skip')"):
        wrong.append("the first stop does not skip to the content")
    for _ in range(_PARTS_OF_A_DATE * page.evaluate(_STOPS)):
        page.keyboard.press("Tab")
        at: dict[str, Any] = page.evaluate(_STOP)
        if at["end"]:
            return wrong
        if not at["seen"] and at["place"] != last:  # within a field for a date the browser itself shows its parts
            wrong.append(f"nobody sees that the focus is at {at['what']}")
        if at["place"] < last:
            wrong.append(f"{at['what']} comes later than it is read")
        last = at["place"]
    return [*wrong, "no way out of the page"]


_PARTS_OF_A_DATE = 4
_FOCUSABLE = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex], video, iframe"
_STOPS = f"document.querySelectorAll('{_FOCUSABLE}').length"
#: where the focus is: whether the page is over, whether a ring or a shadow shows it within the window, and the order
_STOP = f"""() => {{
  const one = document.activeElement
  if (!one || one === document.body || one.matches('a.skip')) return {{end: true}}
  const box = one.getBoundingClientRect(), style = getComputedStyle(one)
  const drawn = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0 || style.boxShadow !== 'none'
  const there = box.width > 0 && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth
  const place = [...document.querySelectorAll('{_FOCUSABLE}')].indexOf(one)
  return {{end: false, seen: drawn && there, place, what: one.outerHTML.slice(0, 120)}}
}}"""


def stumbles(context: BrowserContext, paths: Mapping[str, str]) -> dict[str, list[str]]:
    """What is wrong by keyboard with each of these pages, by its name; those with which nothing is are left out."""
    return _wrong_on_each(context, paths, walked)
