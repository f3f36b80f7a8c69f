"""What participants set on their own page: their language, whether messages come, and that this device forgets it."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from planner import clock
from planner.auth.door import installation
from planner.request_log import request_id
from planner.services.home_caregivers import own_caregiver
from planner.services.home_doors import AtHome, leave
from planner.services.home_settings import choose_language, own_channels, switch_messages
from planner.web.home.entrance import inside, shown, take_cookie
from planner.web.home.pages import read_page
from planner.web.home.texts import LANGUAGES, texts_in

pages = Blueprint("settings", __name__)


@pages.get("/settings")
@inside
def show(seen: AtHome) -> ResponseReturnValue:
    """Show what can be set."""
    return settings_page(seen, {}, {})


def settings_page(seen: AtHome, typed: dict[str, str], wrong: dict[str, str]) -> Response:
    """The page, with somebody who was typed in and what is wrong with that."""
    planner, page, now = installation(), read_page(seen), clock.now()
    languages = [texts_in(code) for code in LANGUAGES]
    channels, caregiver = planner.store.read(
        lambda session: (own_channels(session, seen, now), own_caregiver(session, planner.keys, seen, now))
    )
    return shown(
        "settings", texts_in(page.language), 400 if wrong else 200, page=page, languages=languages, channels=channels,
        caregiver=caregiver, typed=typed, wrong=wrong, until=seen.device.ends_at.date(),
        saved=request.args.get("saved") == "yes",
    )  # fmt: skip


@pages.post("/settings/language")
@inside
def language(seen: AtHome) -> ResponseReturnValue:
    """Change the language of the page and of messages."""
    planner, wanted = installation(), request.form.get("language", "")
    if wanted in LANGUAGES:
        planner.store.write(
            seen.actor, clock.now(), lambda uow: choose_language(uow, planner.keys, seen, wanted), request_id()
        )
    return redirect(url_for("home.settings.show", saved="yes"), 303)


@pages.post("/settings/messages")
@inside
def messages(seen: AtHome) -> ResponseReturnValue:
    """Stop messages, or begin them again."""
    channel, on = request.form.get("channel", ""), request.form.get("on") == "yes"
    installation().store.write(
        seen.actor, clock.now(), lambda uow: switch_messages(uow, seen, channel, on), request_id()
    )
    return redirect(url_for("home.settings.show", saved="yes"), 303)


@pages.post("/settings/leave")
@inside
def leave_page(seen: AtHome) -> ResponseReturnValue:
    """Close the page on this device."""
    planner = installation()
    t = texts_in(read_page(seen).language)
    planner.store.write(seen.actor, clock.now(), lambda uow: leave(uow, seen), request_id())
    return take_cookie(make_response(shown("notice", t, title="left_title", text="left")))
