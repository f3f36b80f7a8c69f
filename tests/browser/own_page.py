"""A participant's own page in a browser: where it is served, and a device that is let in."""

from __future__ import annotations

from dataclasses import dataclass

from playwright.sync_api import BrowserContext, Page

from tests.housed import CODE, Housed


@dataclass(slots=True)
class Running:
    """Pages that are served, and the study behind them."""

    address: str
    home: Housed

    @property
    def link(self) -> str:
        """The link that the participant was given."""
        return f"{self.address}/home/{self.home.token}"

    def code(self) -> str:
        """The code that was texted last, read from the telephone."""
        self.home.send()
        found = CODE.search(self.home.texts()[-1])
        assert found is not None
        return found[1]


def let_in(context: BrowserContext, running: Running) -> Page:
    """Their page, on a device that was let in by a code from the desk."""
    page = context.new_page()
    page.goto(f"{running.link}?asked=have")
    page.get_by_role("textbox").fill(running.home.shown_code())
    page.get_by_role("textbox").press("Enter")
    page.wait_for_url("**/home")
    return page
