"""The few words of calendars, in the languages that ship. They name no drug, no study, no illness."""

from __future__ import annotations

from dataclasses import dataclass

from planner.persistence.feeds import Feed


@dataclass(frozen=True, slots=True)
class Words:
    """What a participant's calendar says, with places for the clinic, the number and what to bring."""

    name: str
    at: str
    cancelled: str
    call: str
    bring: str


WORDS = {
    "en": Words(
        "Appointments", "Appointment: {place}", "CANCELLED: {summary}", "Questions, or you cannot come? Call {phone}.",
        "Please bring: {bring}",
    ),
    "es": Words(
        "Citas", "Cita: {place}", "CANCELADA: {summary}", "¿Preguntas, o no puede venir? Llame al {phone}.",
        "Traiga, por favor: {bring}",
    ),
    "fr": Words(
        "Rendez-vous", "Rendez-vous : {place}", "ANNULÉ : {summary}",
        "Des questions, ou un empêchement ? Appelez le {phone}.", "Merci d’apporter : {bring}",
    ),
    "ar": Words(
        "المواعيد", "موعد: {place}", "أُلغي: {summary}", "لديك أسئلة أو لا يمكنك الحضور؟ اتصل بالرقم {phone}.",
        "يرجى إحضار: {bring}",
    ),
    "zh": Words(
        "预约", "预约：{place}", "已取消：{summary}", "如有疑问或不能前来，请致电 {phone}。", "请携带：{bring}",
    ),
}  # fmt: skip
FULL = "{count} visits are not shown: this calendar is full"
FULL_MORE = "It shows what is nearest to today. Make calendars of one site, or of one participant, to see everything."
WITHDRAWN = "This calendar link was withdrawn"
WITHDRAWN_MORE = "It shows nothing any more. Remove this calendar from your app, and ask the clinic for a new link."


def words_in(language: str) -> Words:
    """The words in a language, such as es or es-MX; English where none are there."""
    return WORDS.get(language.partition("-")[0].lower(), WORDS["en"])


def name_of(feed: Feed, place: str, study: str) -> str:
    """What an app calls a calendar of staff. Never the label of a participant's: staff may write anything there."""
    if feed.options.get("busy_only"):
        return "Busy"
    if feed.label:
        return feed.label
    return {"centre": f"Infusions: {place}", "site": f"Visits: {place}", "study": f"Visits: {study}"}.get(
        feed.audience, "Visits of my participants"
    )
