"""Health: whether all is well, what is wrong first and with what to do; and the audit, followed when asked."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from sqlalchemy.orm import Session

from planner import clock
from planner.auth.door import installation, needs
from planner.auth.permissions import Permission
from planner.config import ConfigurationError
from planner.persistence import schema
from planner.services.audit import verify
from planner.services.health import Level, checks, codes_of_studies
from planner.services.installation import Installation
from planner.services.keyring import Keys

pages = Blueprint("health", __name__)


@pages.get("/health")
@needs(Permission.USERS_READ, everything=True)
def show() -> str:
    """Show what was looked at; follow every chain of the audit as well, where that is asked for."""
    planner, follow = installation(), request.args.get("audit") == "follow"
    keys, version = _keys(planner), schema.newest()

    def work(session: Session) -> str:
        found = checks(session, planner.settings, keys, version, clock.now())
        wrong = [one for one in found if one.level is Level.WRONG]
        look = [one for one in found if one.level is Level.LOOK]
        return render_template(
            "office/health.html", wrong=wrong, look=look, well=[one for one in found if one.level is Level.WELL],
            chains=verify(session) if follow else None, codes=codes_of_studies(session),
        )  # fmt: skip

    return planner.store.read(work)


def _keys(planner: Installation) -> Keys | None:
    try:
        return planner.keys
    except ConfigurationError:
        return None
