"""What each role may do. A permission's name is also the scope that a token needs for it."""

from __future__ import annotations

from enum import StrEnum

from planner.services.users import Role


class Permission(StrEnum):
    """One kind of thing that people do."""

    STUDIES_READ = "studies:read"
    STUDIES_WRITE = "studies:write"
    STUDIES_CONFIRM = "studies:confirm"
    SITES_READ = "sites:read"
    SITES_WRITE = "sites:write"
    SITES_CLOSE = "sites:close"
    PARTICIPANTS_READ = "participants:read"
    PARTICIPANTS_WRITE = "participants:write"
    FACTS_READ = "facts:read"
    FACTS_WRITE = "facts:write"
    BOOKINGS_WRITE = "bookings:write"
    DOSES_WRITE = "doses:write"
    DOSES_RELEASE = "doses:release"
    DEVIATIONS_READ = "deviations:read"
    DEVIATIONS_WRITE = "deviations:write"
    DEVIATIONS_SIGN = "deviations:sign"
    CONTACTS_READ = "contacts:read"
    CONTACTS_WRITE = "contacts:write"
    CONTACTS_ERASE = "contacts:erase"
    IDENTIFIERS_READ = "identifiers:read"
    CARE_READ = "care:read"
    CARE_WRITE = "care:write"
    MESSAGES_READ = "messages:read"
    MESSAGES_WRITE = "messages:write"
    MESSAGES_APPROVE = "messages:approve"
    AUDIT_READ = "audit:read"
    PARTICIPANT_AUDIT_READ = "participant-audit:read"
    FEEDS_READ = "feeds:read"
    FEEDS_WRITE = "feeds:write"
    IMPORTS_WRITE = "imports:write"
    USERS_READ = "users:read"
    USERS_WRITE = "users:write"
    #: whoever is signed in, about themselves
    SELF = "self"


_P = Permission
_EVERYBODY = frozenset({_P.STUDIES_READ, _P.SITES_READ, _P.PARTICIPANTS_READ, _P.FACTS_READ, _P.CARE_READ, _P.SELF})
_AT_THE_DESK = _EVERYBODY | {
    _P.PARTICIPANTS_WRITE, _P.FACTS_WRITE, _P.BOOKINGS_WRITE, _P.DOSES_WRITE, _P.DEVIATIONS_READ,
    _P.DEVIATIONS_WRITE, _P.CONTACTS_READ, _P.CONTACTS_WRITE, _P.IDENTIFIERS_READ, _P.CARE_WRITE,
    _P.MESSAGES_READ, _P.MESSAGES_WRITE, _P.FEEDS_READ, _P.FEEDS_WRITE, _P.PARTICIPANT_AUDIT_READ,
}  # fmt: skip

#: what each role may do within its studies and sites
MAY: dict[Role, frozenset[Permission]] = {
    Role.ADMINISTRATOR: _EVERYBODY | {
        _P.STUDIES_WRITE, _P.STUDIES_CONFIRM, _P.SITES_WRITE, _P.SITES_CLOSE, _P.DEVIATIONS_READ,
        _P.CONTACTS_ERASE, _P.AUDIT_READ, _P.PARTICIPANT_AUDIT_READ, _P.IMPORTS_WRITE, _P.USERS_READ, _P.USERS_WRITE,
        _P.MESSAGES_READ, _P.MESSAGES_WRITE, _P.MESSAGES_APPROVE, _P.FEEDS_READ, _P.FEEDS_WRITE,
    },
    Role.COORDINATOR: _AT_THE_DESK | {_P.SITES_CLOSE, _P.CONTACTS_ERASE, _P.IMPORTS_WRITE},
    Role.INVESTIGATOR: _AT_THE_DESK | {
        _P.STUDIES_CONFIRM, _P.DOSES_RELEASE, _P.DEVIATIONS_SIGN, _P.MESSAGES_APPROVE,
    },
    # A chair and a drug, and that both were used; who sits there, and not how they are reached; no judgements.
    Role.INFUSION_CENTRE: _EVERYBODY | {
        _P.SITES_CLOSE, _P.BOOKINGS_WRITE, _P.DOSES_WRITE, _P.CARE_WRITE, _P.FEEDS_READ, _P.FEEDS_WRITE,
        _P.IDENTIFIERS_READ,
    },
    # Reads, and never whom it is about.
    Role.MONITOR: _EVERYBODY | {_P.DEVIATIONS_READ, _P.AUDIT_READ, _P.PARTICIPANT_AUDIT_READ, _P.MESSAGES_READ},
}  # fmt: skip


def roles_with(permission: Permission) -> tuple[Role, ...]:
    """The roles that may do it."""
    return tuple(role for role, may in MAY.items() if permission in may)
