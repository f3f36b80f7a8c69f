"""How charts look: colours that differ in lightness as well as in hue, on light paper and on dark."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from planner.reports.charts.chart import Theme

#: the widths in which a chart is drawn, in pixels: for a desk and paper, and for a phone
WIDE, NARROW = 860, 350
FONT = "Helvetica, Arial, 'Liberation Sans', sans-serif"


@dataclass(frozen=True, slots=True)
class Look:
    """The colours of a theme, and the width that is drawn in.

    ``shades`` go from the most to the least conspicuous; neighbours differ in lightness, so that they can be told apart
    in grey too.
    """

    ink: str
    quiet: str
    line: str
    paper: str
    shades: tuple[str, ...]
    stop: str
    warn: str
    fine: str
    #: three steps from a little to much
    ramp: tuple[str, str, str]
    #: letters on the most of them
    on_dark: str
    narrow: bool

    @property
    def width(self) -> int:
        """The width of the picture without the room that axes need."""
        return (NARROW if self.narrow else WIDE) - (70 if self.narrow else 90)

    @property
    def room(self) -> int:
        """How wide a label beside the picture may be; a longer one is cut."""
        return 75 if self.narrow else 190

    @property
    def size(self) -> int:
        """The size of letters: no chart has smaller ones."""
        return 13 if self.narrow else 14

    def config(self) -> dict[str, Any]:
        """What Vega-Lite is told of it."""
        words = {"labelColor": self.ink, "labelFontSize": self.size, "titleColor": self.quiet}
        words |= {"titleFontSize": self.size, "titleFontWeight": "normal"}
        lines = {"domainColor": self.quiet, "tickColor": self.quiet, "gridColor": self.line}
        return {
            "font": FONT, "background": self.paper, "padding": 8,
            "view": {"stroke": None},
            "axis": {**words, **lines, "titlePadding": 8, "labelFlush": False, "labelLimit": self.room},
            "legend": {
                **words, "title": None, "orient": "top", "direction": "horizontal", "labelLimit": 300,
                "symbolSize": 130, "columnPadding": 14, "columns": 2 if self.narrow else 6, "rowPadding": 5,
                "offset": 10, "layout": {"top": {"anchor": "start", "direction": "vertical", "margin": 8}},
            },
            "header": {**words, "title": None},
            "text": {"fontSize": self.size, "color": self.ink},
        }  # fmt: skip


def look(theme: Theme, narrow: bool = False) -> Look:
    """The look of a theme."""
    if theme == "dark":
        return Look(
            ink="#e4ecec", quiet="#a3b4b8", line="#2f3f44", paper="#172225",
            shades=("#f2f6f6", "#6cc7be", "#f0bb6d", "#8f8bd8", "#5f7278"), stop="#ff9d98", warn="#f0bb6d",
            fine="#2a8f86", ramp=("#2f5a57", "#23857d", "#6cc7be"), on_dark="#ffffff", narrow=narrow,
        )  # fmt: skip
    return Look(
        ink="#17262b", quiet="#51656c", line="#dbe3e4", paper="#ffffff",
        shades=("#0b2f2d", "#17807a", "#b86a00", "#8d8ad0", "#b4c2c5"), stop="#a3262a", warn="#b86a00",
        fine="#5fb3ab", ramp=("#a8d3cf", "#17807a", "#0b5450"), on_dark="#ffffff", narrow=narrow,
    )  # fmt: skip
