"""The page of docs/reference about roles, made of the table that the API goes by."""

from __future__ import annotations

from planner.auth.permissions import MAY, Permission
from planner.services.users import Role

_HEAD = """# Roles and scopes

A role is given in one study or all, at one site or all (`planner user grant`, or over HTTP); somebody may have several.
What lies outside looks as if it did not exist. A permission's name is also the scope that a token needs for it: a token
does what both its owner's roles and its scopes include.

"""
_MEANINGS = {
    Permission.STUDIES_READ: "studies, their protocol versions, parameters and sites",
    Permission.STUDIES_WRITE: "set studies up: versions, parameters, sites, cohorts; put amendments into effect",
    Permission.STUDIES_CONFIRM: "confirm a version's assumptions",
    Permission.SITES_READ: "sites with their hours, chairs and closures",
    Permission.SITES_WRITE: "set sites up, and change their hours and chairs",
    Permission.SITES_CLOSE: "close a site on some days",
    Permission.PARTICIPANTS_READ: "participants, calendars, and the lists made of them",
    Permission.PARTICIPANTS_WRITE: "take somebody into screening, or close a screening",
    Permission.FACTS_READ: "what happened, and what a fact would move",
    Permission.FACTS_WRITE: "record what happened",
    Permission.BOOKINGS_WRITE: "make, move and cancel appointments",
    Permission.DOSES_WRITE: "record who came and which doses were given, from when to when, and take that back",
    Permission.DOSES_RELEASE: "say that a dose may be given (OK to treat)",
    Permission.DEVIATIONS_READ: "deviations and queries",
    Permission.DEVIATIONS_WRITE: "judge them",
    Permission.DEVIATIONS_SIGN: "sign them, with the password again",
    Permission.CONTACTS_READ: "how to reach participants, and what was tried",
    Permission.CONTACTS_WRITE: "keep it, log attempts and consents",
    Permission.CONTACTS_ERASE: "erase it for good",
    Permission.IDENTIFIERS_READ: "who sits in a chair: name, birth date and record number of those with an appointment "
    "there, each look in the audit",
    Permission.CARE_READ: "checklists, OKs, drugs given, who is in hospital or away",
    Permission.CARE_WRITE: "tick checklists",
    Permission.MESSAGES_READ: "reminders: rules, wordings, what was sent and how it went, tasks; numbers masked",
    Permission.MESSAGES_WRITE: "set the rules, publish wordings, do tasks, stop and start numbers, send what was held",
    Permission.MESSAGES_APPROVE: "sign a wording off, or take it back",
    Permission.FEEDS_READ: "calendar feeds: which there are, and which app has fetched which",
    Permission.FEEDS_WRITE: "make links of calendars, withdraw them, give them anew",
    Permission.AUDIT_READ: "the audit of a study; with all studies, of users and sites too",
    Permission.PARTICIPANT_AUDIT_READ: "on the pages, the audit of a participant: who did what with them",
    Permission.IMPORTS_WRITE: "take tables in",
    Permission.USERS_READ: "who may sign in",
    Permission.USERS_WRITE: "let people sign in, and give them roles",
    Permission.SELF: "oneself: password, one-time codes, tokens, signing out",
}


def roles_page() -> str:
    """Every permission with its meaning and the roles that include it."""
    head = f"| Permission | What it is for | {' | '.join(Role)} |\n| --- | --- |{' :-: |' * len(Role)}\n"
    rows = [
        f"| `{permission}` | {_MEANINGS[permission]} | "
        + " | ".join("✓" if permission in MAY[role] else "" for role in Role)
        + " |\n"
        for permission in Permission
    ]
    return _HEAD + head + "".join(rows)
