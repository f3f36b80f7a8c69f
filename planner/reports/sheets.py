"""What every sheet of a workbook needs: cells that nothing runs, names that are legal, the same bytes each time."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Container, Iterable
from datetime import UTC, datetime

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

#: the most characters that a cell holds
LONGEST = 32_767
_LONGEST_NAME = 31
_NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\\x00-\x1f\x7f]")
#: characters that XML has no place for, besides the control characters
_NO_XML = re.compile("[\ud800-\udfff\ufffe\uffff]")
#: what a spreadsheet would read as the code of a character
_CODED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
#: numbers that a workbook may be dated with: zip begins in 1980
_ZIP_BEGINS = 1980

BOLD, DIM = Font(bold=True), Font(color="595959")
TOP, WRAPPED = Alignment(vertical="top"), Alignment(vertical="top", wrap_text=True)


def put(cell: Cell, value: str | float | None, form: str = "General", font: Font | None = None) -> None:
    """Write one cell. Text is text whatever it begins with, also after somebody has edited the cell."""
    if isinstance(value, str):
        cell.value = sheet_text(value)
        cell.data_type = "s"
        cell.quotePrefix = value[:1] in tuple("=+-@\t\r")
        cell.alignment = WRAPPED
    else:
        cell.value = value
        cell.number_format = form
        cell.alignment = TOP
    if font is not None:
        cell.font = font


def sheet_text(text: str) -> str:
    """Text as a cell can hold it: what XML cannot say is shown as U+FFFD, and what is too long is cut."""
    said = _NO_XML.sub("\ufffd", ILLEGAL_CHARACTERS_RE.sub("\ufffd", text))
    said = _CODED.sub("_x005F_", said)
    return said if len(said) <= LONGEST else said[: LONGEST - 1] + "…"


def sheet_name(wanted: str, taken: Container[str]) -> str:
    """A legal name that no other sheet has; ``taken`` are names in lower case."""
    plain = " ".join(_NOT_IN_NAMES.sub(" ", _NO_XML.sub(" ", wanted)).split()).strip("'") or "Sheet"
    name, number = plain[:_LONGEST_NAME].strip(), 1
    while name.lower() in taken or name.lower() == "history":
        number += 1
        ending = f" {number}"
        name = plain[: _LONGEST_NAME - len(ending)].strip() + ending
    return name


def set_widths(sheet: Worksheet, widths: Iterable[float]) -> None:
    """Set the widths of the columns from the first one on, in characters."""
    for place, width in enumerate(widths, 1):
        sheet.column_dimensions[get_column_letter(place)].width = width


def lines_of(text: str, width: float) -> int:
    """About how many lines some text takes in so many characters."""
    return sum(max(1, -(-len(line) // max(1, int(width)))) for line in text.split("\n"))


def make_printable(sheet: Worksheet, study: str, moment: datetime, header_row: int | None = None) -> None:
    """On A4 across, as wide as the page, with the study, the moment and the page's number on each."""
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = 9
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    if header_row is not None:
        sheet.print_title_rows = f"{header_row}:{header_row}"
    # An ampersand begins a code there, and a number behind one would be a size: the wide one does neither.
    named = " " + sheet_text(study)[:80].replace("&", "\uff06")
    assert sheet.oddHeader is not None  # noqa: S101 - a new sheet has both
    assert sheet.oddFooter is not None  # noqa: S101
    sheet.oddHeader.left.text = named
    sheet.oddHeader.right.text = f"data as of {moment:%Y-%m-%d %H:%M} UTC"
    sheet.oddFooter.center.text = "page &P of &N"


def book_bytes(book: Workbook, moment: datetime) -> bytes:
    """The workbook as a file, dated with the moment of its data alone: the same workbook gives the same bytes."""
    made = io.BytesIO()
    at = moment.astimezone(UTC).replace(tzinfo=None, microsecond=0)
    book.properties.created = at
    book.save(made)
    return _dated(made.getvalue(), at)


def _dated(data: bytes, at: datetime) -> bytes:
    """The file without the moment at which it was written, which openpyxl notes in it and in each part."""
    dated = io.BytesIO()
    stamp = (max(at.year, _ZIP_BEGINS), at.month, at.day, at.hour, at.minute, at.second)
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(dated, "w") as new:
        for name in sorted(old.namelist(), key=lambda name: (name != "[Content_Types].xml", name)):
            part = old.read(name)
            if name == "docProps/core.xml":
                part = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>" + f"{at.isoformat()}Z".encode(), part)
            entry = zipfile.ZipInfo(name, stamp)
            entry.external_attr = 0o600 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(entry, part)
    return dated.getvalue()
