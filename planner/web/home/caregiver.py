"""Whoever cares for a participant and gets texts too: agreed to, ended, or named for the clinic to talk with."""

from __future__ import annotations

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from planner import clock
from planner.auth.door import installation
from planner.request_log import request_id
from planner.services.home_caregivers import (
    LONGEST_NAME,
    LONGEST_PHONE,
    let_them_be_texted,
    name_caregiver,
    wrong_with_caregiver,
)
from planner.services.home_doors import AtHome
from planner.web.home.entrance import inside
from planner.web.home.settings import settings_page

pages = Blueprint("caregiver", __name__)


@pages.post("/settings/caregiver")
@inside
def agree(seen: AtHome) -> ResponseReturnValue:
    """Take in that they may get texts, or no more."""
    planner, agreed = installation(), request.form.get("agreed") == "yes"
    planner.store.write(
        seen.actor,
        clock.now(),
        lambda uow: let_them_be_texted(uow, planner.keys, seen, agreed=agreed),
        request_id(),
    )
    return redirect(url_for("home.settings.show", saved="yes"), 303)


@pages.get("/settings/caregiver/new")
@inside
def come_back(seen: AtHome) -> ResponseReturnValue:
    """Lead to the settings: a telephone that was away opens the last address anew, without its form."""
    return redirect(url_for("home.settings.show"), 303)


@pages.post("/settings/caregiver/new")
@inside
def name(seen: AtHome) -> ResponseReturnValue:
    """Take in whom they name."""
    longest = {"name": LONGEST_NAME, "phone": LONGEST_PHONE}
    typed = {field: _text(field, most) for field, most in longest.items()}
    wrong = wrong_with_caregiver(typed["name"], typed["phone"])
    if wrong:
        return settings_page(seen, typed, wrong)
    planner = installation()
    planner.store.write(
        seen.actor,
        clock.now(),
        lambda uow: name_caregiver(uow, planner.keys, seen, typed["name"], typed["phone"]),
        request_id(),
    )
    return redirect(url_for("home.settings.show", saved="yes"), 303)


def _text(name: str, longest: int) -> str:
    return request.form.get(name, "").strip().replace("\0", "\N{REPLACEMENT CHARACTER}")[: longest + 1]
