"""What may happen in made-up lives, each step made of one number, so that hypothesis can leave out any of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any

from planner.persistence.sites import Closure
from planner.services.access import EVERYTHING
from planner.services.amendments import MakeEffective, amendment_effective
from planner.services.contact_consents import AgreeToContact, EndContactConsent, agree_to_contact, end_contact_consent
from planner.services.contacts import erase_contact
from planner.services.opt_outs import ChangeOptOut, change_opt_out
from planner.services.sites import ChangeSite, CloseSite, change_site, close_site, reopen_site
from schedules.history import Admitted, Booked, BookingCancelled, Died, Rebooked, Told, Void, Withdrew
from tests.agreement.known import Person
from tests.agreement.world import NORTH, SOUTH, World
from tests.housed import post

HOURS = ("08:00", "09:30", "10:15", "14:00", None)
ANSWERED = ("appointment", "version")
REASONS = ("toxicity", "counts", "other")
_OPEN = ("planned", "due", "booked", "to-rebook", "needs-decision", "held", "unrecorded")


@dataclass
class Step:
    """One thing that happens, to one of them or at a site."""

    world: World
    random: Random
    who: Person

    # -- looking ----------------------------------------------------------------------------------

    def visits(self, *statuses: str) -> list[dict[str, Any]]:
        """Their visits that are open, or stand so, the next ones first."""
        rows: list[dict[str, Any]] = self.world.api.get(
            f"/visits?study={self.who.study}&number={self.who.number}&limit=500"
        )["items"]
        return [row for row in rows if row["status"] in (statuses or _OPEN)]

    def pick(self, *of: Any) -> Any:
        """One of these."""
        return self.random.choice(of)

    def next(self, *statuses: str) -> dict[str, Any] | None:
        """One of their next visits."""
        found = self.visits(*statuses)
        return self.random.choice(found[: self.pick(1, 2, 4)]) if found else None

    @property
    def today(self) -> date:
        """The date where they are seen."""
        site = self.who.site_on(self.world.today(self.who.home))
        return self.world.today(site)

    def record(self, *facts: dict[str, Any]) -> bool:
        """Record facts of today, unless they say another day."""
        return self.world.record(self.who, *({"date": self.today.isoformat(), **fact} for fact in facts))

    def tell_newest(self) -> None:
        """They are told of the newest fact, or not yet."""
        if self.pick(True, True, False):
            self.record({"fact": "told", "about": str(self.who.facts[-1].id)})

    # -- appointments -----------------------------------------------------------------------------

    def book(self) -> None:
        """An appointment is made, most often where the visit should be."""
        visit = self.next("planned", "due", "needs-decision")
        if visit is None:
            return
        day = date.fromisoformat(visit["target"] or visit["nominal"] or self.today.isoformat())
        day += timedelta(days=self.pick(0, 0, 0, 0, 1, -1, 2, 9))
        fact = {"fact": "booked", "visit": visit["key"], "date": day.isoformat(), **self.hour()}
        if self.record(fact):
            self.tell_newest()

    def arrange(self) -> None:
        """The next visit gets an appointment on its day, they are told, and it is shortly before."""
        known = (each for each in self.visits("planned", "due") if (each["target"] or "") > str(self.today))
        visit = next(known, None)
        if visit is None:
            return
        fact = {"fact": "booked", "visit": visit["key"], "date": visit["target"], "time": self.pick("09:30", "14:00")}
        if self.record(fact):
            self.record({"fact": "told", "about": str(self.who.facts[-1].id)})
            away = (date.fromisoformat(visit["target"]) - self.today).days
            self.world.wait(days=min(max(away - self.pick(0, 1, 3), 0), 12))

    def hour(self) -> dict[str, Any]:
        """An hour, or none; perhaps with a site."""
        hour, site = self.pick(*HOURS), self.pick(None, None, None, NORTH, SOUTH)
        return {name: value for name, value in (("time", hour), ("site", site)) if value}

    def move(self) -> None:
        """An appointment is moved: to another hour, to a neighbouring day, or far away."""
        found = self.who.slots()
        if not found:
            return
        key = self.pick(*found)
        day = found[key].day + timedelta(days=self.pick(0, 0, 1, -1, 2, -2, 7))
        fact = {"fact": "rebooked", "visit": key, "date": day.isoformat(), **self.hour()}
        if self.record({**fact, "instead_of": found[key].day.isoformat()}):
            self.tell_newest()

    def give_back(self) -> None:
        """An appointment is given back."""
        found = self.who.slots()
        if found:
            key = self.pick(*found)
            self.record({"fact": "booking_cancelled", "visit": key, "date": found[key].day.isoformat()})

    def tell(self) -> None:
        """They are told of something that nobody has told them of yet."""
        untold = self.who.untold
        if untold:
            self.record({"fact": "told", "about": str(self.pick(*untold).id)})

    # -- what happens -----------------------------------------------------------------------------

    def come(self) -> None:
        """They come to a visit: today, or it is written down some days late."""
        visit = self.next(*_OPEN)
        if visit is None:
            return
        target = date.fromisoformat(visit["target"] or visit["nominal"] or self.today.isoformat())
        day = min(self.today, target + timedelta(days=self.pick(0, 0, 1)))
        drugs = [name for name in visit["activities"] if name in ("vsli", "ino", "drug")]
        about = {"date": day.isoformat(), "visit": visit["key"]}
        doses = [{"fact": "given", **about, "activity": drug} for drug in drugs]
        self.record(*(doses or [{"fact": "attended", **about}]))

    def carry_on(self) -> None:
        """Time goes by until the next visit, and they come."""
        visit = next((each for each in self.visits() if each["target"]), None)
        if visit is not None:
            away = (date.fromisoformat(visit["target"]) - self.today).days
            if 0 < away <= 9:
                self.world.wait(days=away)
            self.come()

    def stay_away(self) -> None:
        """They do not come, or it is left out."""
        visit = self.next()
        if visit is not None:
            kind = self.pick("visit_missed", "omitted")
            self.record({"fact": kind, "visit": visit["key"], "reason": self.pick(*REASONS)})

    def hold(self) -> None:
        """A visit or a cycle waits, or is put off."""
        visit = self.next()
        if visit is None:
            return
        until = (self.today + timedelta(days=self.pick(1, 3, 7, 14))).isoformat()
        fact: dict[str, Any] = {"fact": "held", "visit": visit["key"], "reason": self.pick(*REASONS)}
        if visit["cycle"]:
            cycle = visit["key"].rpartition(".")[0]
            fact = self.pick(
                fact, {"fact": "cycle_held", "cycle": cycle, "reason": "counts"},
                {"fact": "cycle_delayed", "cycle": cycle, "reason": "travel", "to": until},
            )  # fmt: skip
        if fact["fact"] != "cycle_delayed" and self.pick(True, False):
            fact |= {"resume": until}
        if self.record(fact):
            self.tell_newest()

    def decide(self) -> None:
        """A gate is decided."""
        gates = self.world.api.get(f"/gates?study={self.who.study}&number={self.who.number}&limit=100")["items"]
        found = [gate for gate in gates if gate["status"] in ("open", "overdue")]
        if found:
            outcome = self.pick("benefit", "benefit", "no-benefit", "progression", "toxicity")
            if self.record({"fact": "gate_decided", "gate": found[0]["key"], "outcome": outcome}):
                self.tell_newest()

    def circumstances(self) -> None:
        """They are away, in hospital, move to the other site, come unasked, or fall under an amendment."""
        later = (self.today + timedelta(days=self.pick(1, 4, 12))).isoformat()
        in_hospital = sum(1 for _ in self.who.ids(Admitted)) > 0
        site = self.pick(NORTH, SOUTH)
        fact = self.pick(
            {"fact": "away", "until": later}, {"fact": "discharged" if in_hospital else "admitted"},
            {"fact": "transferred", "site": site}, {"fact": "transferred", "site": site, "date": later},
            {"fact": "amendment_applied", "version": "2.0"},
            {"fact": "unscheduled_visit", "date": later, "activities": ["bloods"]},
        )  # fmt: skip
        self.record(fact)

    def end(self) -> None:
        """Treatment, contact or life end."""
        fact = self.pick(
            {"fact": "treatment_ended", "reason": "progression"}, {"fact": "progressed"}, {"fact": "died"},
            {"fact": "withdrew", "scope": self.pick("treatment", "visits", "contact")},
            {"fact": "lost_to_follow_up", "attempts": 3}, {"fact": "found_again"},
        )  # fmt: skip
        if self.record(fact):
            self.tell_newest()

    def void(self) -> None:
        """A fact turns out to be wrong, most often one of the newest; or the mistake was to think so."""
        last = [str(fact.id) for fact in self.who.facts[2:]]
        wanted = self.pick((Booked, Rebooked, BookingCancelled, Told), (Died, Withdrew), (Void,), ())
        some = [str(fact.id) for fact in self.who.facts[2:] if isinstance(fact, wanted)] if wanted else last[-3:]
        if some or last:
            self.record({"fact": "void", "of": self.pick(*(some or last)[-4:])})

    # -- how they are reached ---------------------------------------------------------------------

    def reached(self) -> None:
        """They want no texts any more, or again; their details are erased, or kept again; they have another zone."""
        world, who = self.world, self.who
        about: dict[str, Any] = {"study": who.study, "participant": who.number}
        said = {**about, "channel": "sms", "how": "by word of mouth"}
        self.pick(
            lambda: world.do(lambda uow: change_opt_out(uow, EVERYTHING, _line("stop", about))),
            lambda: world.do(lambda uow: change_opt_out(uow, EVERYTHING, _line("start", about))),
            lambda: world.do(lambda uow: end_contact_consent(uow, EVERYTHING, EndContactConsent(**said))),
            lambda: world.do(lambda uow: agree_to_contact(uow, EVERYTHING, AgreeToContact(**said))),
            lambda: world.do(lambda uow: erase_contact(uow, world.row(uow, who), "asked for")),
            lambda: world.keep(who),
            lambda: world.keep(who, zone="Asia/Tokyo"),
            lambda: world.keep(who, preferences={"reminders": ["1d"]}),
        )()

    def answer(self) -> None:
        """They answer to a visit on their own page, or say that they are away."""
        client = self.world.homes.get(self.who.number)
        page = client.get("/home").text if client is not None else ""
        if client is None or 'name="appointment"' not in page:
            return
        values = {name: page.partition(f'name="{name}" value="')[2].partition('"')[0] for name in ANSWERED}
        post(client, "/home/answer", "/home", answer=self.pick("move", "confirm"), **values)

    # -- sites and time ---------------------------------------------------------------------------

    def close(self) -> None:
        """A site is closed on a day, or open after all."""
        code, world = self.pick(NORTH, SOUTH), self.world
        day = self.today + timedelta(days=self.pick(0, 1, 3, 5, 7, 8))
        command = CloseSite(first=day, last=day + timedelta(days=self.pick(0, 0, 2)))

        def work(uow: Any) -> None:
            site = world.site(uow, code)
            open_ones = uow.session.query(Closure).filter_by(site_id=site.id, removed_at=None).all()
            if open_ones and self.random.random() < 0.5:
                reopen_site(uow, site, open_ones[-1].id)
            else:
                close_site(uow, site, command)

        world.log.append(f"{world.now:%d %b %H:%M} close {code} {command}")
        world.do(work)
        world.replan()

    def rename(self) -> None:
        """A site has another name, number or address."""
        said = self.pick({"phone": self.pick("+1 212 555 0166", "+1 212 555 0167")},
                         {"address": self.pick("1 Made-up Street", "2 Made-up Street")},
                         {"name": self.pick("Elm House", "Oak House")})  # fmt: skip
        code, world = self.pick(NORTH, SOUTH), self.world
        world.do(lambda uow: change_site(uow, world.site(uow, code), ChangeSite(**said)))

    def amend(self) -> None:
        """The second version comes into effect at a site."""
        world = self.world
        command = MakeEffective(
            study=self.who.study, site=self.pick(NORTH, SOUTH), version="2.0", approved_on=self.today,
            effective_on=self.today,
        )  # fmt: skip
        world.log.append(f"{world.now:%d %b %H:%M} amend {command.study} at {command.site}")
        found = world.do(lambda uow: amendment_effective(uow, world.designs, EVERYTHING, command))
        if found is not None:
            self._learn()

    def _learn(self) -> None:
        """What the planner has recorded by itself is known to whoever asks for the facts."""
        for who in self.world.people:
            facts = self.world.recorded(who)
            who.knows([fact for fact in facts if fact.id not in {each.id for each in who.facts}])

    def wait(self) -> None:
        """Time goes by: some hours, until after midnight somewhere, a day, some days."""
        self.world.log.append(f"{self.world.now:%d %b %H:%M} wait")
        hours = self.pick(1, 5, 7, 12, 24, 24, 48, 72, 120)
        self.world.wait(hours=hours)


def _line(step: str, about: dict[str, Any]) -> ChangeOptOut:
    return ChangeOptOut(**about, step=step, how="by word of mouth")


STEPS: tuple[Callable[[Step], None], ...] = (
    Step.arrange, Step.arrange, Step.arrange, Step.arrange, Step.book, Step.book, Step.book, Step.move, Step.move,
    Step.move, Step.give_back, Step.tell, Step.tell, Step.come, Step.carry_on, Step.carry_on, Step.carry_on,
    Step.stay_away, Step.hold, Step.decide, Step.decide, Step.circumstances, Step.circumstances, Step.end,
    Step.void, Step.void, Step.void, Step.reached, Step.answer, Step.close, Step.rename, Step.amend, Step.wait,
    Step.wait, Step.wait, Step.wait, Step.wait, Step.wait,
)  # fmt: skip


def happen(world: World, number: int) -> None:
    """One thing happens: which, follows from the number."""
    random = Random(number)
    step = random.choice(STEPS)
    who = random.choice(world.people)
    world.log.append(f"-- {step.__name__} {who.number}")
    world.at.now += timedelta(minutes=5)  # what is a later version has a later second
    step(Step(world, random, who))
