"""Where the rules of time zones come from, and how new they are.

Python reads the machine's own before those of the ``tzdata`` package; a machine that nobody updates then shows hours
by rules that governments have changed since. The newer of the two is used here.
"""

from __future__ import annotations

import os
import sysconfig
import zoneinfo
from pathlib import Path

import tzdata

#: how a folder of time zones names its version, and how many octets of that file are enough
_NAMES = ("tzdata.zi", "+VERSION")
_ENOUGH = 100


def prefer_newest() -> None:
    """Read time zones from the package where it is newer than the machine's, or these do not tell their version.

    Whoever has set PYTHONTZPATH has chosen, and keeps what they chose. To be called before anybody asks for a zone.
    """
    chosen = "PYTHONTZPATH" in os.environ or sysconfig.get_config_var("TZPATH") == ""
    if not chosen and zoneinfo.TZPATH and _of_machine() < tzdata.IANA_VERSION:
        zoneinfo.reset_tzpath(())
        zoneinfo.ZoneInfo.clear_cache()


def version() -> str:
    """The version of the rules in use, such as ``2026f``: of the first folder that has them, else of the package."""
    return (_of_machine() or "unknown") if _folders() else tzdata.IANA_VERSION


def _folders() -> list[Path]:
    return [Path(folder) for folder in zoneinfo.TZPATH if (Path(folder) / "Europe").is_dir()]


def _of_machine() -> str:
    """The version of the folder that Python looks into first; empty if there is none, or it does not say."""
    for folder in _folders()[:1]:
        for name in _NAMES:
            if (folder / name).is_file():
                with (folder / name).open(encoding="ascii", errors="replace") as lines:
                    return lines.readline(_ENOUGH).removeprefix("# version ").strip()
    return ""
