"""The page of docs/reference about what is looked for in calendars, made of the lint's own words."""

from __future__ import annotations

from notifications.calendars.lint_lines import READ_AT_MOST
from notifications.calendars.lint_rules import LISTED, RULES

_HEAD = f"""# What the check of calendars looks for

Apps forgive much, and each forgives something else. The check looks at the bytes of a calendar; in a good one it finds
nothing. An *error* makes apps refuse it, leave events out, or show them at another time; a *warning* leads some apps,
or some people, astray. Of each rule {LISTED} findings are listed; what comes after {READ_AT_MOST:,} octets is not
looked at. `…` stands for what was found.

| Rule | | What is wrong | What to do |
| --- | --- | --- | --- |
"""


def calendar_lint_page() -> str:
    """The whole page."""
    rows = [
        f"| `{name}` | {rule.severity} | {_cell(rule.wrong.replace('{what}', '…'))} | {_cell(rule.remedy)} |"
        for name, rule in RULES.items()
    ]
    return _HEAD + "\n".join(rows) + "\n"


def _cell(text: str) -> str:
    """Backslashes and bars as they are to be seen."""
    return text.replace("\\", "\\\\").replace("|", "\\|")
