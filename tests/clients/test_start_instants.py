"""Calendar apps show a visit at the very instant at which it is, whatever its clock does that day."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random, SystemRandom
from zoneinfo import ZoneInfo, available_timezones

import pytest

from tests.clients.places import PLACES, clock_change_days, feed, some_instants, truth, visits
from tests.clients.readers import KHAL, Read, Reader

FOR_EACH_ZONE = 20
SOME_ZONES = 60


def test_every_place_changes_its_clock_and_new_york_on_four_days_of_two_years() -> None:
    changes = {place: clock_change_days(ZoneInfo(place)) for place in PLACES}
    assert all(changes.values()), changes
    assert changes["America/New_York"] == [date(2026, 3, 8), date(2026, 11, 1), date(2027, 3, 14), date(2027, 11, 7)]


def test_every_app_shows_visits_in_six_places_at_their_instants(reader: Reader) -> None:
    # khal takes 20 milliseconds an event.
    step = timedelta(hours=4 if reader == KHAL else 1)
    every = [at for place in PLACES for at in visits(place, step)]
    (read,) = reader.read([feed(every)])
    assert read.starts == truth(every)
    assert not read.complaints


def test_node_ical_which_goes_by_its_own_rules_is_reported(node_ical: Reader) -> None:
    """Its rules are as old as its Node: it is wrong where governments have changed theirs, two of the six in 2026."""
    every = [at for place in PLACES for at in visits(place)]
    (read,) = node_ical.read([feed(every)])
    wrong = {uid: start for uid, start in truth(every).items() if read.starts.get(uid) != start}
    print(f"node-ical: {len(wrong)} of {len(every)} visits at another instant: {', '.join(wrong) or 'none'}")  # noqa: T201
    assert read.starts.keys() == truth(every).keys()
    assert not [uid for uid in wrong if not uid.endswith(("Vancouver", "Casablanca"))]


@pytest.mark.parametrize("seed", [2026])
def test_instants_of_some_zones_come_out_of_their_vtimezone_unchanged(zone_reader: Reader, seed: int) -> None:
    some = Random(seed).sample(sorted(available_timezones()), SOME_ZONES)
    _check(zone_reader, [*PLACES, *some], seed)


@pytest.mark.soak
def test_instants_of_every_zone_come_out_of_its_vtimezone_unchanged(zone_reader: Reader) -> None:
    _check(zone_reader, sorted(available_timezones()), SystemRandom().randrange(1_000_000))


def _check(reader: Reader, zones: list[str], seed: int) -> None:
    chance = Random(seed)
    instants = [some_instants(zone, FOR_EACH_ZONE, chance) for zone in zones]
    found: list[Read] = reader.read([feed(of_zone) for of_zone in instants])
    assert len(found) == len(zones)
    wrong = [
        zone
        for zone, of_zone, read in zip(zones, instants, found, strict=True)
        if read.starts != truth(of_zone) or read.complaints
    ]
    assert not wrong, f"seed {seed}, {len(wrong)} of {len(zones)} zones: {', '.join(wrong)}"
