"""The form that sets up a study: which protocol, what it leaves open, where it runs."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

from flask import current_app, request

from planner.problems import InputProblem, InvalidInput
from planner.services.library import Library
from planner.services.studies import read_version
from planner.services.study_setup import SetUpStudy
from planner.web.desk.fact_form import typed
from planner.web.office.forms import Form
from schedules.protocol import Parameter
from schedules.protocol_file import ReadProtocol

#: stands for a text of one's own, in place of one of the library
OWN = "own"
#: what the page takes, in bytes
LARGEST = 8_000_000


@dataclass(frozen=True, slots=True)
class Offer:
    """A protocol of the library."""

    name: str
    title: str
    version: str


def library() -> Library:
    """The protocols that ship."""
    return cast(Library, current_app.extensions["library"])


def offers() -> list[Offer]:
    """The protocols that ship, by name."""
    read = [(name, library().protocol(name).protocol) for name in library().names()]
    return [Offer(name, protocol.title, protocol.version) for name, protocol in read]


@dataclass(slots=True)
class ProtocolForm(Form):
    """A new study as it was typed. ``source`` is a text of one's own, pasted or from a file; ``read``, once it is."""

    source: str = ""
    read: ReadProtocol | None = None

    @property
    def digest(self) -> str:
        """Of the text that was looked at: what is set up has to be that one."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def text(self) -> str:
        """The text of the protocol that was chosen. Raises InvalidInput where there is none."""
        chosen = self.value("protocol")
        if chosen in library().names():
            return library().protocol(chosen).source
        if chosen != OWN:
            raise InvalidInput([InputProblem("protocol", "no protocol is chosen", "choose one, or a file of your own")])
        if not self.source.strip():
            raise InvalidInput([InputProblem("file", "there is no text yet", "choose a file, or paste its text")])
        return self.source

    def look(self) -> ReadProtocol:
        """Read the protocol that was chosen, and offer its name and title. Raises InvalidInput with every problem."""
        self.read = None
        self.read = read = _read(self.text)
        for name, offered in (("code", read.protocol.protocol), ("title", read.protocol.title)):
            if not self.value(name) and not self.value("seen"):
                self.values[name] = [offered]
        return read

    @property
    def open_values(self) -> Mapping[str, Parameter]:
        """What the protocol leaves open."""
        return {} if self.read is None else {name: self.read.protocol.parameters[name] for name in self.read.missing}

    def command(self) -> SetUpStudy:
        """What the form says. Raises InvalidInput."""
        return SetUpStudy(
            code=self.value("code"), title=self.value("title"), source=self.text,
            sites=tuple(self.chosen("sites")), values=values_of(self, self.open_values),
            made_up=bool(self.value("made_up")), confirmed=bool(self.value("confirmed")),
            opened=self.value("opened") != "later",
        )  # fmt: skip


def _read(text: str) -> ReadProtocol:
    """The text, read. Raises InvalidInput, where each problem says in words at which place of the text it is."""
    try:
        return read_version(text)
    except InvalidInput as error:
        raise InvalidInput(replace(one, wrong=f"{_place(one.place)}: {one.wrong}") for one in error.problems) from None


def _place(place: str) -> str:
    line, _, column = place.partition(":")
    return f"line {line}, column {column}"


def values_of(form: Form, wanted: Mapping[str, Parameter]) -> dict[str, Any]:
    """The values that were written, each of the kind that its example has; what is empty is left open."""
    said = {name: form.value(f"values-{name}") for name in wanted}
    return {name: _value(text, wanted[name].example) for name, text in said.items() if text}


def _value(text: str, example: Any) -> Any:
    """A list a line each; a whole number where one is written."""
    if isinstance(example, list | tuple):
        return [_value(line.strip(), example[0] if example else "") for line in text.splitlines() if line.strip()]
    whole = text.isascii() and text.isdecimal() and len(text) < 10
    return int(text) if isinstance(example, int) and whole else text


def sent_protocol() -> ProtocolForm:
    """The form that was just sent; a file that came with it is shown as text from then on."""
    values = {name: found for name, found in typed(dict(request.form.lists())).items() if name != "source"}
    form = ProtocolForm("study", values=dict(values), sent=True)
    form.source = request.form.get("source", "").replace("\r\n", "\n")
    upload = request.files.get("file")
    content = upload.read() if upload is not None else b""
    if content:
        form.values["protocol"] = [OWN]
        form.source = _decoded(form, content)
    return form


def _decoded(form: ProtocolForm, content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        form.errors["file"] = ["This is no text in UTF-8; save the file as UTF-8, and choose it again."]
        return ""
