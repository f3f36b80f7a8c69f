"""The pages of docs/reference about the service: its settings, its texts, and what each role includes."""

from __future__ import annotations

from planner.reference.roles import roles_page
from planner.reference.settings import settings_page
from planner.reference.texts import texts_page

OF_THE_SERVICE = {"roles.md": roles_page(), "settings.md": settings_page(), "texts.md": texts_page()}
