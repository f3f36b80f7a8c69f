"""A protocol on a screen: the schedule of activities in as many pieces as the width asks for, and the rest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rich.cells import cell_len
from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from planner.commands.protocol_words import advice, gate_when, outcome_leads, parameter_value, rules
from planner.presenting.protocol_table import SoaColumn, SoaEpoch, SoaTable, note_marks, schedule_of_activities
from schedules.protocol import Protocol
from schedules.protocol_file import ReadProtocol

_GAP = 2
_NARROWEST, _WIDEST = 8, 20
_LINES = 4  # of a column's heading, about


def protocol_screen(read: ReadProtocol, values: Mapping[str, Any], width: int) -> Iterator[RenderableType]:
    """Everything about a protocol, for a screen of this width."""
    protocol = read.protocol
    table = schedule_of_activities(protocol)
    yield Text.assemble((f"{protocol.protocol} {protocol.version}", "bold"), f"  {protocol.title}")
    if protocol.source:
        yield Text(protocol.source, "dim")
    yield from soa_pieces(table, width)
    yield from _footnotes(table)
    yield from _listed("At home", [f"{epoch.label}: {home.label}, {home.days}" for epoch in table.epochs
                                   for home in epoch.home])  # fmt: skip
    yield from _listed("In no planned visit", table.unscheduled)
    yield from _gates(protocol)
    yield from _listed("Rules", rules(protocol))
    yield from _listed("Arms", [f"{name}: {arm.label}" for name, arm in protocol.arms.items()])
    yield from _listed("Cohorts", [f"{name}: {cohort.label}" for name, cohort in protocol.cohorts.items()])
    yield from _parameters(read, values)
    yield from _listed("Advice", advice(protocol))
    yield from _listed("Assumptions", protocol.assumptions, numbered=True)


# -- the schedule of activities -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Piece:
    """Columns that stand side by side, with their epoch and their place in the whole table."""

    columns: list[tuple[SoaEpoch, SoaColumn, int]]

    @property
    def widths(self) -> list[int]:
        """The width of each column; the last one of an epoch is wider where its name needs that."""
        made = [_width(column) for _, column, _ in self.columns]
        for epoch, places in self.epochs():
            made[places[-1]] += max(0, _longest_word(_epoch_name(epoch), epoch.repeats) - _across(made, places))
        return made

    @property
    def width(self) -> int:
        return sum(width + _GAP for width in self.widths)

    def epochs(self) -> list[tuple[SoaEpoch, list[int]]]:
        """Its epochs, each with the places of its columns in this piece."""
        found: dict[str, tuple[SoaEpoch, list[int]]] = {}
        for place, (epoch, _, _) in enumerate(self.columns):
            found.setdefault(epoch.id, (epoch, []))[1].append(place)
        return list(found.values())


def _across(widths: list[int], places: list[int]) -> int:
    return sum(widths[place] + _GAP for place in places) - _GAP


def soa_pieces(table: SoaTable, width: int) -> Iterator[RenderableType]:
    """The schedule of activities, cut between epochs where it is too wide (inside one only if that is too wide)."""
    labels = [row.label for row in table.rows]
    names = min(max([12, *map(cell_len, labels)]), 24 if width < 100 else 40)
    names = max(names, min(_longest_word(*labels), width // 2))
    for piece in _pieces(table, width - names - _GAP):
        yield Text()
        yield _epoch_names(piece, names)
        yield _grid(table, piece, names)


def _pieces(table: SoaTable, room: int) -> Iterator[_Piece]:
    place, piece = 0, _Piece([])
    for epoch in table.epochs:
        columns = [(epoch, column, place + offset) for offset, column in enumerate(epoch.columns)]
        place += len(columns)
        if piece.columns and _Piece([*piece.columns, *columns]).width > room:
            yield piece
            piece = _Piece([])
        for entry in columns:
            if piece.columns and _Piece([*piece.columns, entry]).width > room:
                yield piece
                piece = _Piece([])
            piece.columns.append(entry)
    if piece.columns:
        yield piece


def _width(column: SoaColumn) -> int:
    """Wide enough for its longest word, and for its heading in a few lines."""
    texts = (_heading(column), column.day, column.window)
    lines = max(cell_len(text) for text in texts) // _LINES + 2
    return max(_longest_word(*texts), min(max(_NARROWEST, lines), _WIDEST))


def _longest_word(*texts: str) -> int:
    return max((cell_len(word) for text in texts for word in text.split()), default=0)


def _heading(column: SoaColumn) -> str:
    return " ".join([column.label, note_marks(column.notes)]).strip()


def _epoch_name(epoch: SoaEpoch) -> str:
    return " ".join([epoch.label, note_marks(epoch.notes)]).strip()


def _epoch_names(piece: _Piece, names: int) -> Table:
    """The line above the visits that says which epoch they belong to."""
    row = Table.grid(padding=(0, _GAP, 0, 0))
    row.add_column(width=names)
    widths, labels = piece.widths, []
    for epoch, places in piece.epochs():
        row.add_column(width=_across(widths, places), overflow="fold")
        repeats = f"\n{epoch.repeats}" if epoch.repeats else ""
        labels.append(Text.assemble((_epoch_name(epoch), "bold"), (repeats, "dim")))
    row.add_row("", *labels)
    return row


def _grid(table: SoaTable, piece: _Piece, names: int) -> Table:
    grid = Table.grid(padding=(0, _GAP, 0, 0))
    for width in (names, *piece.widths):
        grid.add_column(width=width, overflow="fold")
    columns = [column for _, column, _ in piece.columns]
    rule = ["─" * width for width in (names, *piece.widths)]
    grid.add_row(*rule, style="dim")
    grid.add_row("", *(Text(_heading(column), "bold") for column in columns))
    grid.add_row(Text("Day", "dim"), *(Text(column.day, "dim") for column in columns))
    grid.add_row(Text("Window", "dim"), *(Text(column.window, "dim") for column in columns))
    grid.add_row(*rule, style="dim")
    for row in table.rows:
        cells = [row.cells[place] for _, _, place in piece.columns]
        if any(cell.mark for cell in cells):
            grid.add_row(row.label, *map(str, cells))
    return grid


def _footnotes(table: SoaTable) -> Iterator[RenderableType]:
    if not table.footnotes:
        return
    yield Text()
    yield from _rows((f"  [{letter}]", text) for letter, text in table.footnotes.items())


# -- the rest -----------------------------------------------------------------------------------


def _rows(pairs: Iterable[tuple[str, str]]) -> Iterator[RenderableType]:
    rows = Table.grid(padding=(0, 1))
    for name, text in pairs:
        rows.add_row(Text(name, "dim"), Text(text))
    yield rows


def _listed(title: str, texts: Iterable[str], numbered: bool = False) -> Iterator[RenderableType]:
    lines = list(texts)
    if lines:
        yield Text(f"\n{title}", "bold")
        yield from _rows((f" {place:>2}." if numbered else "  ·", text) for place, text in enumerate(lines, start=1))


def _gates(protocol: Protocol) -> Iterator[RenderableType]:
    gates = [(name, key, gate) for name, epoch in protocol.epochs.items() for key, gate in epoch.gates.items()]
    if not gates:
        return
    yield Text("\nDecisions (* is what the plan follows until somebody decides)", "bold")
    for name, key, gate in gates:
        none = "" if gate.default else "; no default: nothing is planned beyond it"
        title = Text.assemble(gate.label, (f"  {name}: {key}, {gate_when(gate)}{none}", "dim"))
        yield Padding(title, (0, 0, 0, 2))
        rows = Table.grid(padding=(0, 1))
        for outcome_id, outcome in gate.outcomes.items():
            mark = "  *" if outcome_id == gate.default else ""
            words = Text.assemble(outcome.label, (f" → {outcome_leads(protocol, name, outcome)}", "dim"))
            rows.add_row(Text(f"{mark:>4}"), Text(outcome_id), words)
        yield rows


def _parameters(read: ReadProtocol, values: Mapping[str, Any]) -> Iterator[RenderableType]:
    if not read.protocol.parameters:
        return
    yield Text("\nParameters", "bold")
    rows = Table.grid(padding=(0, 1))
    for name, parameter in read.protocol.parameters.items():
        value, remark = parameter_value(read, name, values)
        style = "" if name in values else "yellow"
        said = Text.assemble((value, style), (f" ({remark})" if remark else "", "dim"))
        rows.add_row("  ·", Text(name), Text.assemble(f"{parameter.label}: ", said))
    yield rows
