"""The pages about calendar feeds: how to subscribe to one, for whoever has its link, and whether a calendar is good."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast
from urllib.parse import urlsplit

from flask import Blueprint, Response, current_app, make_response, render_template, request

from notifications.calendars.lint import Finding, Severity, lint
from planner import clock
from planner.calendars.front import Front
from planner.persistence.feeds import CENTRE, COORDINATOR, PARTICIPANT, SITE, STUDY
from planner.services.feed_words import name_of
from planner.services.feeds import feed_by_token, state_of
from planner.services.installation import Installation
from planner.web.feed_links import feed_links
from planner.web.home.entrance import texts_of_reader
from planner.web.home.texts import Texts, texts_in
from planner.web.words import sentence

feeds = Blueprint("feeds", __name__, url_prefix="/calendars")
#: bytes that the page takes; a feed is smaller than one megabyte
LONGEST = 5_000_000
MOST_SHOWN = 200
_LINK = re.compile(r"/calendars/([A-Za-z0-9_-]{22,128})(?:\.ics)?")


@dataclass(slots=True)
class CheckForm:
    """What somebody wants checked, as they gave it, and what is wrong with that."""

    link: str = ""
    text: str = ""
    errors: dict[str, str] = field(default_factory=dict)

    def described_by(self, name: str) -> str:
        """The ids of what explains a field."""
        return f"{name}-hint {name}-error" if name in self.errors else f"{name}-hint"


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of a check: the findings that are shown, and how many there are."""

    what: str
    findings: Sequence[Finding]
    errors: int
    warnings: int


@feeds.get("/<token>")
def subscribe(token: str) -> Response:
    """Show the links of a calendar for each kind of app, to whoever has its secret."""
    planner = _planner()
    planner.require_schema()
    found = planner.store.read(lambda session: feed_by_token(session, token)) if _is_token(token) else None
    if found is None:
        return _lost(texts_of_reader(), 404)
    if state_of(found, clock.now()) != "active" and found.audience == PARTICIPANT:
        return _lost(texts_in(str(found.options.get("language", "en"))), 410)
    if state_of(found, clock.now()) != "active":
        return _private(render_template("feed_ended.html"), 410)
    links = feed_links(token)
    if found.audience == PARTICIPANT:
        t = texts_in(str(found.options.get("language", "en")))
        return _private(render_template("home/subscribe.html", t=t, links=links), 200)
    name, whom = name_of(found, "", "").rstrip(": "), _FOR.get(found.audience, "")
    return _private(render_template("feed.html", name=name, whom=whom, links=links), 200)


def _lost(t: Texts, status: int) -> Response:
    """What somebody is told whose link opens no calendar: it may have been a participant's, so it leads nowhere."""
    return _private(render_template("home/notice.html", t=t, title="lost_title", text="lost"), status)


@feeds.get("/check")
def check() -> str:
    """Show the form that takes a calendar to be checked."""
    return render_template("feed_check.html", form=CheckForm(), checked=None)


@feeds.post("/check")
def checked() -> Response:
    """Check a calendar of this installation by its link, or one that was pasted or uploaded. Nothing is fetched."""
    request.max_content_length = request.max_form_memory_size = LONGEST
    form = CheckForm(request.form.get("link", "").strip(), request.form.get("text", ""))
    what, content = _given(form)
    if content is None:
        return _private(render_template("feed_check.html", form=form, checked=None), 400)
    findings = lint(content, clock.now())
    errors = sum(one.severity is Severity.ERROR for one in findings)
    report = Checked(what, findings[:MOST_SHOWN], errors, len(findings) - errors)
    return _private(render_template("feed_check.html", form=form, checked=report), 200)


def _given(form: CheckForm) -> tuple[str, bytes | None]:
    """What is to be checked: a name of it and its bytes; none where the form says what is wrong."""
    upload = request.files.get("file")
    content = upload.read() if upload is not None else b""
    ways = {"link": bool(form.link), "text": bool(form.text.strip()), "file": bool(content)}
    if sum(ways.values()) > 1:
        form.errors["link"] = sentence("give a link, a text or a file; of several nobody knows which one is meant")
        return "", None
    if form.link:
        return "The calendar of the link", _of_link(form)
    if content:
        return "The file", content
    if form.text.strip():
        # Browsers send line breaks as CRLF whatever they were; that is how they have to be anyway.
        return "The text", form.text.encode("utf-8", "surrogatepass")
    form.errors["link"] = sentence("there is nothing to check yet; give a link, paste a text or choose a file")
    return "", None


def _of_link(form: CheckForm) -> bytes | None:
    """The calendar of a link of ours. Others are not fetched: the planner asks no address that somebody gives it."""
    try:
        parts = urlsplit(form.link)
    except ValueError:
        form.errors["link"] = sentence("this is no link; copy it from the app, or from the page with the code")
        return None
    found = _LINK.fullmatch(parts.path)
    if (parts.netloc and parts.netloc.lower() not in _our_hosts()) or found is None:
        wrong = "this is no calendar of this installation, and no other one is fetched"
        form.errors["link"] = sentence(f"{wrong}; paste its text, or upload its file")
        return None
    content = cast(Front, current_app.extensions["calendars"]).look(found[1])
    if content is None:
        form.errors["link"] = sentence("there is no such calendar, or it cannot be read just now; check the link")
    return content


def _our_hosts() -> set[str]:
    return {request.host.lower(), urlsplit(_planner().settings.public_url).netloc.lower()}


def _planner() -> Installation:
    return cast(Installation, current_app.extensions["installation"])


#: for whom a calendar of staff is, by its audience
_FOR = {
    CENTRE: "It is for the staff of an infusion centre: who comes to which chair, by study code and screening number.",
    COORDINATOR: "It is for a coordinator: the visits of their participants, by study code and screening number.",
    SITE: "It is for the staff of a site: the visits there, by study code and screening number.",
    STUDY: "It is for the staff of a study: its visits at every site, by screening number.",
}


def _is_token(token: str) -> bool:
    return _LINK.fullmatch(f"/calendars/{token}") is not None


def _private(page: str, status: int) -> Response:
    made = make_response(page, status)
    made.headers["Cache-Control"] = "private, no-store"
    made.headers["X-Robots-Tag"] = "noindex"
    return made
