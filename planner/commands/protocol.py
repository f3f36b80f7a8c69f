"""`planner protocol`: the library, a protocol's schedule of activities, its problems, the language's schema."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from planner.commands.output import show, write
from planner.commands.protocol_screen import protocol_screen
from planner.commands.protocol_words import protocol_data
from planner.commands.sources import file_of
from planner.commands.versions import read_values, read_versions
from planner.presenting.plan_csv import csv_text
from planner.presenting.plan_json import to_json
from planner.presenting.protocol_table import SoaTable, note_marks, schedule_of_activities
from planner.problems import visible
from schedules.protocol_doubts import doubts
from schedules.protocol_file import library, library_protocol
from schedules.protocol_schema import protocol_schema
from schedules.yaml_text import read_yaml


def list_protocols(form: str) -> None:
    """The protocols of the library."""
    found = [(name, library_protocol(name).protocol) for name in library()]
    if form == "json":
        rows = [{"name": name, "version": each.version, "title": each.title} for name, each in found]
        write(to_json(rows))
        return
    show(lambda width: _list([(name, each.version, each.title) for name, each in found]))


def _list(rows: list[tuple[str, str, str]]) -> Iterator[RenderableType]:
    table = Table.grid(padding=(0, 2, 0, 0))
    for name, version, title in rows:
        table.add_row(Text(name, "bold"), version, Text(title))
    yield table


def show_protocol(name: str, parameters: str | None, form: str) -> None:
    """A protocol's schedule of activities, its decisions, rules, parameters and assumptions."""
    read = read_versions((name,), parameters)[0]
    data = {} if parameters is None else read_values(parameters).data
    values: dict[str, Any] = data if isinstance(data, dict) else {}
    if form == "table":
        show(lambda width: protocol_screen(read, values, width))
    elif form == "csv":
        write(csv_text(soa_rows(schedule_of_activities(read.protocol))))
    else:
        write(to_json(protocol_data(read, schedule_of_activities(read.protocol), values)))


def soa_rows(table: SoaTable) -> Iterator[list[str]]:
    """The schedule of activities as rows of cells: four of headings, the activities, then the footnotes."""
    labels = {epoch.id: ", ".join(part for part in (epoch.label, epoch.repeats) if part) for epoch in table.epochs}
    yield ["Epoch", *(labels[column.epoch] for column in table.columns)]
    yield ["Visit", *(f"{column.label} {note_marks(column.notes)}".strip() for column in table.columns)]
    yield ["Day", *(column.day for column in table.columns)]
    yield ["Window", *(column.window for column in table.columns)]
    for row in table.rows:
        yield [row.label, *map(str, row.cells)]
    for epoch in table.epochs:
        yield from ([f"{home.label} at home: {epoch.label}, {home.days}"] for home in epoch.home)
    yield from ([f"[{letter}] {text}"] for letter, text in table.footnotes.items())


def check_protocol(name: str, parameters: str | None) -> None:
    """Say that a protocol has no problem, and what is doubtful about it; with a problem, all of them are raised."""
    read = read_versions((name,), parameters)[0]
    protocol = read.protocol
    visits = sum(len(epoch.visits) for epoch in protocol.epochs.values())
    about = f"{protocol.protocol} {protocol.version}, {len(protocol.epochs)} epochs, {visits} visits"
    write(f"{visible(name)}: no problems ({about})\n")
    if read.missing:
        write(f"to be supplied with --parameters FILE: {', '.join(read.missing)}\n")
    for doubt in doubts(protocol, read_yaml(read.source, file_of(name))):
        write(f"{visible(str(doubt))} (only a doubt)\n")


def write_schema() -> None:
    """The JSON Schema of the protocol language, for editors."""
    write(to_json(protocol_schema()))
