"""The pages of docs/reference about the service: settings, texts, the check of calendars, what each role includes."""

from __future__ import annotations

from planner.reference.calendar_lint import calendar_lint_page
from planner.reference.roles import roles_page
from planner.reference.settings import settings_page
from planner.reference.texts import texts_page

OF_THE_SERVICE = {
    "calendar-lint.md": calendar_lint_page(),
    "roles.md": roles_page(),
    "settings.md": settings_page(),
    "texts.md": texts_page(),
}
