"""Pictures of the main pages, taken from the demo in a browser: ``python -m tests.pictures FOLDER``, by ``make docs``.

The demo is made anew for it, as ``make demo`` does, and thrown away afterwards. Without a browser nothing is written.
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.conftest import chromium

ROOT = Path(__file__).resolve().parents[1]
DESK, PHONE = {"width": 1180, "height": 820}, {"width": 390, "height": 844}
_SIGN_IN = re.compile(r"^  ([\w-]+) +(\S+@example\.org)  (\S+)$", re.MULTILINE)
_OWN = re.compile(r"^  en +(\S+)\n +(\S+)$", re.MULTILINE)
_CODE = re.compile(r"\b(\d{6})\b")


@dataclass(frozen=True, slots=True)
class Demo:
    """A demo that is running. ``people``: by role, with whom and by which password to sign in."""

    address: str
    people: dict[str, tuple[str, str]]
    own_page: str
    phone: str


@contextmanager
def demo() -> Iterator[Demo]:
    """A demo on a port of its own, until it is left."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "PORT": str(port), "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "planner.cli", "demo"]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as running:
        try:
            yield _told(running, f"http://127.0.0.1:{port}")
        finally:
            running.terminate()


def _told(running: subprocess.Popen[str], address: str) -> Demo:
    said = ""
    for line in running.stdout or ():
        said += line
        if "Ctrl-C" in line:
            break
    own = _OWN.search(said)
    assert own is not None, f"the demo did not start: {said}"
    people = {role: (email, password) for role, email, password in _SIGN_IN.findall(said)}
    return Demo(address, people, own[1], own[2])


def signed_in(browser: Browser, made: Demo, role: str, size: dict[str, int], scheme: str = "light") -> Page:
    """A window in which somebody of that role is signed in."""
    context = browser.new_context(
        base_url=made.address, viewport=size, color_scheme=scheme, device_scale_factor=1.5  # type: ignore[arg-type]
    )  # fmt: skip
    page = context.new_page()
    email, password = made.people[role]
    page.goto("/sign-in")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    return page


def desk(page: Page) -> Iterator[str]:
    """The coordinator's pages: each is on the screen as its name is given."""
    person = "/studies/vsli-ino/participants/01-006"
    for name, path in (
        ("today", "/today"),
        ("participants", "/participants"),
        ("participant", person),
        ("deviations", "/deviations"),
        ("site-calendar", "/calendar/north"),
    ):
        page.goto(path)
        yield name
    page.goto(person)
    page.get_by_role("link", name=re.compile("^Delay ")).first.click()
    page.get_by_label("Day 1 is now on").fill((datetime.now(UTC).date() + timedelta(days=21)).isoformat())
    page.get_by_label("Reason").fill("No chair")
    expect(page.get_by_role("region", name="What would move").get_by_role("button", name="Save")).to_be_visible()
    yield "record"


def entered(page: Page, made: Demo) -> None:
    """A participant comes in to their own page by the code that their phone is sent."""
    page.goto(made.own_page)
    page.get_by_role("button").first.click()
    other = page.context.new_page()
    other.goto(made.phone)
    codes = _CODE.findall(other.inner_text("body"))
    other.close()
    page.get_by_role("textbox").fill(codes[-1])
    page.get_by_role("button").first.click()


def take(page: Page, folder: Path, name: str) -> None:
    """One picture, of what is seen without scrolling."""
    page.wait_for_load_state("networkidle")
    page.screenshot(path=folder / f"{name}.png")
    click.echo(folder / f"{name}.png")


def everything(browser: Browser, made: Demo, folder: Path) -> None:
    """All pictures."""
    page = signed_in(browser, made, "coordinator", DESK)
    for name in desk(page):
        take(page, folder, name)
    for role, name, path in (
        ("coordinator", "schedule-of-activities", "/studies/vsli-ino"),
        ("infusion-centre", "infusions", "/infusions/north"),
        ("administrator", "texts", "/office/studies/vsli-ino/texts"),
        ("monitor", "report", "/studies/vsli-ino/report"),
    ):
        page = signed_in(browser, made, role, DESK)
        page.goto(path)
        if name == "infusions":  # a day on which somebody comes
            page.get_by_role("link", name=re.compile("[1-9]\\d* booked")).first.click()
        take(page, folder, name)
    page = signed_in(browser, made, "coordinator", PHONE, "dark")
    page.goto("/today")
    take(page, folder, "today-phone-dark")
    page = browser.new_context(viewport=PHONE, device_scale_factor=1.5).new_page()  # type: ignore[arg-type]
    entered(page, made)
    take(page, folder, "own-page")


def main() -> int:
    """Write them. Ends with 1 if there is no browser."""
    program = chromium()
    if program is None:
        click.echo("no Chromium: the pictures in docs stay as they are", err=True)
        return 1
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    with demo() as made, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        everything(browser, made, folder)
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
