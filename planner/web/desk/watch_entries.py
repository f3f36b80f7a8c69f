"""A line of what is watched, in words, with the form that deals with it."""

from __future__ import annotations

from flask import url_for

from planner.auth.asking import Asking
from planner.auth.permissions import Permission
from planner.services.feeds import Listed
from planner.services.today import Line, Place
from planner.services.watch import Expiring, Stay, ToRenew, Waiting
from planner.web.desk.entries import Entry, entry_of, may_at, to_record, to_visit
from planner.web.words import dated, moment, sentence, short_day
from schedules.wording import days_words

CHANNELS = {"sms": "Texts", "email": "E-mail", "calendar": "Their calendar", "caregiver": "Messages to a caregiver"}
_AUDIENCES = {
    "participant": "a participant’s calendar", "centre": "infusions", "coordinator": "a coordinator’s calendar",
    "study": "a study’s calendar", "site": "a site’s calendar",
}  # fmt: skip


def hold(line: Line[Waiting], who: Asking) -> Entry:
    """Something that waits for the end of a hold."""
    row = line.row
    when = f"due {short_day(row.since)}" if row.visit and row.since else short_day(row.since) if row.since else ""
    if row.visit is None:
        action = to_record(line, who, "Decide", "held", activity=row.activity)
    elif row.words.startswith("the cycle was held"):
        action = to_record(line, who, "Decide", "cycle_held", cycle=row.visit.rpartition(".")[0])
    else:
        action = to_record(line, who, "Decide", "held", visit=row.visit)
    look = to_visit(line, who, "Look", row.visit) if row.visit else None
    return entry_of(line, row.since, when, row.what, sentence(row.words), action=action or look)


def sign_again(line: Line[ToRenew], who: Asking) -> Entry:
    """A consent form to be signed again."""
    row = line.row
    since = days_words((line.today - row.day).days)
    action = to_record(line, who, "Record", "consented", version=row.version)
    return entry_of(line, row.day, f"for {since}", f"Version {row.version} of the consent form", action=action)


def ending(line: Line[ToRenew], who: Asking) -> Entry:
    """A consent to being sent something that ends."""
    row, left = line.row, (line.row.day - line.today).days
    when = "ends today" if left == 0 else f"in {days_words(left)}" if left > 0 else "has ended"
    address = url_for("desk.contact.show", study=line.place.study, number=line.place.number, _anchor="consents")
    label = "Renew" if may_at(line.place, who, Permission.CONTACTS_WRITE) else "Look"
    detail = f"Their consent holds up to {dated(row.day)}."
    return entry_of(line, row.day, when, CHANNELS.get(row.channel or "", ""), detail, action=(label, address))


def result(line: Line[Expiring], who: Asking) -> Entry:
    """A result of screening that expires."""
    row, left = line.row, (line.row.expires - line.today).days
    when = "expires today" if left == 0 else f"in {days_words(left)}" if left > 0 else "has expired"
    day_1 = f"Day 1 is planned for {short_day(row.day_1)}" if row.day_1 else "There is no Day 1 yet"
    detail = f"Of {short_day(row.done)}, good up to {short_day(row.expires)}. {day_1}."
    tag = "too old by Day 1" if row.day_1 and row.day_1 > row.expires else ""
    return entry_of(line, row.expires, when, row.label, detail, tag=tag, action=to_visit(line, who, "Open", row.key))


def stay(line: Line[Stay], who: Asking) -> Entry:
    """Somebody in hospital."""
    row = line.row
    what = "In hospital for a transplant" if row.transplant else "In hospital"
    action = to_record(line, who, "They left", "discharged")
    return entry_of(line, row.since, f"since {short_day(row.since)}", what, sentence(row.note) if row.note else "",
                    action=action)  # fmt: skip


def feed(one: Listed, who: Asking) -> Entry:
    """A calendar that no app has fetched lately."""
    fetches = one.fetches
    last = max((fetch.last_at for fetch in fetches), default=None)
    when = f"seen {short_day(last.date())}" if last is not None else "never seen"
    about = " · ".join(part for part in (one.study, one.site, one.participant, one.owner) if part)
    behind = ", ".join(fetch.app for fetch in one.behind)
    detail = f"{behind} has not seen the newest change." if behind else "No app has fetched it." if not fetches else ""
    return Entry(
        Place("", "", "", 0, 0), "", one.feed.made_at.date(), when, one.feed.label or _AUDIENCES[one.feed.audience],
        f"Made {moment(one.feed.made_at)}. {detail}".strip(), whose=about or "everything",
        action=("Look", url_for("desk.watch.feed", feed=one.feed.id)),
    )  # fmt: skip
