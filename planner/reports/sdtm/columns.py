"""The variables of the datasets, in the order of the standard (SDTMIG 3.4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

DataType = Literal["string", "integer", "float", "date"]


@dataclass(frozen=True, slots=True)
class Column:
    """One variable. ``key``: its place among those that identify a record and by which records are sorted; 0: none."""

    name: str
    label: str
    type: DataType = "string"
    key: int = 0


_STUDY = Column("STUDYID", "Study Identifier", key=1)
_DOMAIN = Column("DOMAIN", "Domain Abbreviation")
_WHO = Column("USUBJID", "Unique Subject Identifier", key=2)
_VISIT = Column("VISIT", "Visit Name")
_PLANNED = Column("VISITDY", "Planned Study Day of Visit", "integer")

SV = (
    _STUDY,
    _DOMAIN,
    _WHO,
    Column("VISITNUM", "Visit Number", "float", key=3),
    _VISIT,
    Column("SVPRESP", "Pre-specified"),
    Column("SVOCCUR", "Occurrence"),
    Column("SVREASOC", "Reason for Occur Value"),
    _PLANNED,
    Column("SVSTDTC", "Start Date/Time of Observation", "date"),
    Column("SVENDTC", "End Date/Time of Observation", "date"),
    Column("SVSTDY", "Study Day of Start of Observation", "integer"),
    Column("SVENDY", "Study Day of End of Observation", "integer"),
    Column("SVUPDES", "Description of Unplanned Visit"),
)
TV = (
    _STUDY,
    _DOMAIN,
    Column("VISITNUM", "Visit Number", "float", key=3),
    _VISIT,
    _PLANNED,
    Column("ARMCD", "Planned Arm Code", key=2),
    Column("ARM", "Description of Planned Arm"),
    Column("TVSTRL", "Visit Start Rule"),
    Column("TVENRL", "Visit End Rule"),
)
DV = (
    _STUDY,
    _DOMAIN,
    _WHO,
    Column("DVSEQ", "Sequence Number", "integer", key=3),
    Column("DVTERM", "Protocol Deviation Term"),
    Column("DVDECOD", "Protocol Deviation Coded Term"),
    Column("DVCAT", "Category for Protocol Deviation"),
    Column("DVSCAT", "Subcategory for Protocol Deviation"),
    Column("EPOCH", "Epoch"),
    Column("DVSTDTC", "Start Date/Time of Deviation", "date"),
    Column("DVSTDY", "Study Day of Start of Deviation Event", "integer"),
)
LABELS = {"SV": "Subject Visits", "TV": "Trial Visits", "DV": "Protocol Deviations"}
COLUMNS = {"SV": SV, "TV": TV, "DV": DV}
