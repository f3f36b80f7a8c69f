"""In which forms a report can be taken away. Whoever adds one adds a line here; the page shows them in this order."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Output:
    """A link on the page: what it says, the endpoint (which takes the study and the page's own query), what it is."""

    label: str
    endpoint: str
    about: str


OUTPUTS = (
    Output("PDF", "reports.files.as_pdf", "pages with the charts, for paper and screen readers"),
    Output("XLSX", "reports.files.as_xlsx", "a workbook, a sheet for each measure"),
    Output("CSV", "reports.page.as_csv", "one line a figure, for spreadsheets"),
    Output("JSON", "reports.page.as_json", "everything, for programs"),
    Output("SDTM", "reports.files.as_sdtm", "SV, TV and DV of whoever is chosen, without the period"),
)
