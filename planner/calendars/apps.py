"""Which calendar app asks: by what it calls itself, in a word or two that people know."""

from __future__ import annotations

from functools import lru_cache

#: what stands in a User-Agent, in small letters, and which app that is; the first that fits
_KNOWN = (
    ("google-calendar-importer", "Google Calendar"),
    ("googlecalendar", "Google Calendar"),
    ("thunderbird", "Thunderbird"),
    ("evolution", "Evolution"),
    ("vdirsyncer", "vdirsyncer"),
    ("davx5", "DAVx5"),
    ("icsx5", "ICSx5"),
    ("icsdroid", "ICSx5"),
    ("nextcloud", "Nextcloud"),
    ("yahoo", "Yahoo Calendar"),
    ("ms-exchange", "Outlook"),
    ("microsoft exchange", "Outlook"),
    ("microsoft office", "Outlook"),
    ("outlook", "Outlook"),
    ("exchange", "Outlook"),
    ("dataaccessd", "Apple (iPhone, iPad)"),
    ("ios/", "Apple (iPhone, iPad)"),
    ("calendaragent", "Apple (Mac)"),
    ("calendar/", "Apple (Mac)"),
    ("mac os x", "Apple (Mac)"),
    ("khal", "khal"),
    ("curl", "curl"),
    ("wget", "wget"),
    ("python", "a program (Python)"),
    ("mozilla", "a browser"),
)
OTHER = "another app"


@lru_cache(maxsize=1024)
def app_of(agent: str) -> str:
    """The app of a User-Agent. What nobody knows is one app: names that anybody can make up would be without end."""
    said = agent.lower()
    return next((app for mark, app in _KNOWN if mark in said), OTHER)
