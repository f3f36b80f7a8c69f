"""In which forms a report can be taken away. Whoever adds one adds a line here; the page shows them in this order."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Output:
    """A link on the page: what it says, the endpoint (which takes the study and the page's own query), what it is."""

    label: str
    endpoint: str
    about: str


#: XLSX, PDF, SDTM and sending by e-mail take their places here
OUTPUTS = (
    Output("CSV", "reports.page.as_csv", "one line a figure, for spreadsheets"),
    Output("JSON", "reports.page.as_json", "everything, for programs"),
)
