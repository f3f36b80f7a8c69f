"""What looks at pages for barriers sees one that is there in one colour scheme alone, and none that is not."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.browser.desk import AXE, violations, width_in_both

pytestmark = pytest.mark.browser
#: colours that take ten seconds to change, as links and buttons take a moment
PAGE = """<!doctype html><html lang="en"><head><title>Made up</title><style>
body {{ margin: 0; background: white; color: black; transition: color 10s, background-color 10s }}
@media (prefers-color-scheme: {scheme}) {{ body {{ background: {background}; color: {color} }} }}
</style></head><body><main><h1>Made up</h1><p>Words that somebody reads.</p></main></body></html>"""


@pytest.mark.skipif(not AXE.exists(), reason="no axe-core: see scripts/axe")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_cannot_be_read_in_one_scheme_alone_is_found(page: Page, scheme: str) -> None:
    page.set_content(PAGE.format(scheme=scheme, background="#222", color="#444"))
    assert [said.partition(":")[0] for said in violations(page)] == ["color-contrast"]
    page.set_content(PAGE.format(scheme=scheme, background="#222", color="#eee"))
    assert violations(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_is_wider_in_one_scheme_alone_is_found(page: Page, scheme: str) -> None:
    page.set_content(f"<style>@media (prefers-color-scheme: {scheme}) {{ p {{ width: 3000px }} }}</style><p>Wide</p>")
    assert width_in_both(page) >= 3000
