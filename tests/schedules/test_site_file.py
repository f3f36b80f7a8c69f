"""Reading the file of a site. In every case ``§`` stands where the problem is."""

from __future__ import annotations

from datetime import date

import pytest

from schedules.closures import ClosedDay, ClosedRule, PublicHolidays, Site, Weekday
from schedules.errors import SiteError
from schedules.protocol import Resource
from schedules.site_file import read_site

SITE = """\
id: north
name: North (made up)
zone: Europe/Berlin
weekend: [friday, saturday]
public_holidays: {country: DE, region: BY, dates: {2026-01-06: Epiphany}}
closed:
  - {date: 2026-01-12, reason: stock-taking}
  - {date: 2026-12-24, until: 2027-01-02, resources: [infusion]}
  - {rule: "FREQ=MONTHLY;BYDAY=1MO", date: 2026-01-01, resources: [laboratory, clinic]}
"""


def problems(text: bytes | str) -> list[str]:
    """What is told of a file, without its name."""
    with pytest.raises(SiteError) as error:
        read_site(text, "s.yaml")
    return [str(problem).removeprefix("s.yaml:") for problem in error.value.problems]


def test_a_site_is_read_with_its_zone_weekend_holidays_and_closed_days() -> None:
    holidays = PublicHolidays(country="DE", region="BY", dates={date(2026, 1, 6): "Epiphany"})
    closed = (
        ClosedDay(date=date(2026, 1, 12), reason="stock-taking"),
        ClosedDay(date=date(2026, 12, 24), until=date(2027, 1, 2), resources=(Resource.INFUSION,)),
        ClosedRule(
            rule="FREQ=MONTHLY;BYDAY=1MO", date=date(2026, 1, 1), resources=(Resource.LABORATORY, Resource.CLINIC)
        ),
    )
    weekend = (Weekday.FRIDAY, Weekday.SATURDAY)
    expected = Site(
        id="north",
        name="North (made up)",
        zone="Europe/Berlin",
        weekend=weekend,
        public_holidays=holidays,
        closed=closed,
    )
    assert read_site(SITE, "s.yaml") == read_site(SITE.encode(), "s.yaml") == expected
    assert read_site("id: x\nname: X", "s.yaml") == Site(id="x", name="X")


WRONG = [
    ("id: north\n", "§", '"id" is missing', 'add "id: ..."'),
    ("id: north", "id: §North", "North is not an identifier", "e.g. north"),
    ("id: north", "id: §1", "1 is not text", 'in quotes: "1"'),
    ("zone: Europe/Berlin", "zone: §Europe/Berlim", "Europe/Berlim is not a time zone", "write e.g. Europe/Berlin"),
    ("zone: Europe/Berlin", "zone: §+01:00", "is not a time zone", "write e.g."),
    ("zone: Europe/Berlin", "zone: §../../etc/passwd", "is not a time zone", "write e.g."),
    ("zone: Europe/Berlin", f"zone: §{'x' * 5000}", "is not a time zone", "write e.g."),
    ("zone:", "§zon:", 'unknown key "zon"', 'did you mean "zone"?'),
    ("[friday, saturday]", "[friday, §Saturday]", '"Saturday" is not known here', 'did you mean "saturday"?'),
    ("[friday, saturday]", "§friday", "is not a list", "write e.g. ["),
    ("country: DE", "country: §Germany", "does not have the right form", "[A-Z]{2}"),
    ("country: DE", "country: §NO1", "does not have the right form", "[A-Z]{2}"),
    ("{country: DE,", "§{country: XX,", "no public holidays are known for XX-BY", "US, US-NY or DE-BY"),
    ("{country: DE,", "§{country: US,", "no public holidays are known for US-BY", "an ISO 3166 code"),
    ("2026-01-06: Ep", "§2026-02-30: Ep", "is not a day of the calendar", "February 2026 has 28 days"),
    ("date: 2026-01-12", "date: §0", "0 is not a date", "YYYY-MM-DD"),
    ("date: 2026-01-12", "date: §9999-12-31", "outside the years 1900 to 2200", "a date of the study"),
    ("until: 2027-01-02", "until: §2026-12-23", "until is before date", "write the first day as date"),
    ("resources: [infusion]", "resources: [§infusions]", "is not known here", 'did you mean "infusion"?'),
    ("reason: stock-taking", "reason: §''", "this text is empty", "at least one word"),
    ('"FREQ=MONTHLY;BYDAY=1MO"', "§FREQ=MONTHLY;BYHOUR=9", "BYHOUR is not a part", "FREQ=MONTHLY;BYDAY=1MO"),
    ('"FREQ=MONTHLY;BYDAY=1MO"', "§FREQ=HOURLY", "FREQ=HOURLY cannot be read", "FREQ=MONTHLY;BYDAY=1MO"),
    ('"FREQ=MONTHLY;BYDAY=1MO"', "§FREQ=MONTHLY;BYDAY=XX", "BYDAY=XX cannot be read", "FREQ=MONTHLY;BYDAY=1MO"),
    ('"FREQ=MONTHLY;BYDAY=1MO"', f"§'FREQ=DAILY;BYMONTH={'1,' * 200}1'", "is too long", "300 or fewer"),
]


@pytest.mark.parametrize(("old", "new", "wrong", "right"), WRONG, ids=lambda v: v[:40])
def test_a_slip_is_told_with_its_place_and_what_would_be_right(old: str, new: str, wrong: str, right: str) -> None:
    assert old in SITE
    text = SITE.replace(old, new, 1)
    before = text[: text.index("§")]
    (told,) = problems(text.replace("§", ""))
    assert told.startswith(f"{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}: ")
    assert wrong in told.partition("; ")[0]
    assert right in told.partition("; ")[2]


def test_a_closure_is_a_day_or_a_rule_and_both_have_a_date() -> None:
    assert problems(SITE.replace(", date: 2026-01-01", "")) == ['9:5: "date" is missing; add "date: ..." with a date']
    assert problems(SITE.replace("  - {date: 2026-01-12, reason: stock-taking}", "  - monday"))[0].startswith("7:5: ")


def test_all_problems_of_a_site_come_at_once_in_the_order_of_their_places() -> None:
    text = SITE.replace("country: DE", "country: XX").replace("until: 2027", "until: 2025")
    text = text.replace("date: 2026-01-12", "date: 2026-01-12, until: 2026-01-11")
    assert [told.partition(": ")[0] for told in problems(text)] == ["5:18", "7:31", "8:31"]
    form = SITE.replace("id: north", "id: N").replace("2026-01-12", "x").replace("[infusion]", "[x]")
    assert [told.partition(": ")[0] for told in problems(form)] == ["1:5", "7:12", "8:55"]


@pytest.mark.parametrize("text", ["", "[]", "north", "- id: north", "closed: [", "id: north\nid: south\nname: N"])
def test_what_is_no_site_at_all_is_refused(text: str) -> None:
    assert problems(text)


def test_more_closed_days_or_rules_than_a_site_needs_are_refused() -> None:
    day, rule = "  - {date: 2026-01-12}\n", "  - {rule: FREQ=DAILY, date: 2026-01-01}\n"
    assert read_site(SITE + day * 1990 + rule * 7, "s.yaml").closed
    assert problems(SITE + day * 2000) == [
        "6:1: 2,003 closures are more than the 2,000 that are read; write spans of days, with until"
    ]
    assert problems(SITE + rule * 50) == [
        "6:1: 51 rules are more than the 50 that are read; write spans of days, with until"
    ]
