"""The datasets as files in a folder: each as CSV and as Dataset-JSON, and a file that says what they are."""

from __future__ import annotations

import hashlib
import io
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

from planner.presenting.plan_json import to_json
from planner.problems import InputProblem, InvalidInput, shown
from planner.reports.sdtm.about import about
from planner.reports.sdtm.as_csv import domain_csv
from planner.reports.sdtm.as_dataset_json import dataset_json
from planner.reports.sdtm.datasets import NAMES, Domains

ABOUT = "about.json"


def write_files(domains: Domains, folder: Path, made_at: datetime) -> list[str]:
    """Write all files, in place of those of an earlier time, and give their names.

    Each takes its place when it is whole; what they are is written last, with their SHA-256. Raises InvalidInput for
    a folder that cannot be written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        digests = {name: _write(folder / name, text) for name, text in _files(domains, made_at)}
        said = {**about(domains), "sha256": digests}
        _write(folder / ABOUT, [to_json(said)])
    except OSError as error:
        wrong = f"{shown(str(folder))} cannot be written to: {error.strerror or error}"
        raise InvalidInput([InputProblem("sdtm", wrong, "name a folder of yours, or a new one")]) from None
    return [*digests, ABOUT]


def zipped(domains: Domains, made_at: datetime) -> bytes:
    """The same files in one, as a ZIP archive."""
    content = io.BytesIO()
    with tempfile.TemporaryDirectory(prefix="planner-sdtm-") as folder, zipfile.ZipFile(content, "w") as archive:
        for name in write_files(domains, Path(folder), made_at):
            # not the file's own time, which is this machine's
            entry = zipfile.ZipInfo(name, made_at.timetuple()[:6])
            archive.writestr(entry, (Path(folder) / name).read_bytes(), zipfile.ZIP_DEFLATED)
    return content.getvalue()


def _files(domains: Domains, made_at: datetime) -> Iterator[tuple[str, Iterable[str]]]:
    for name in NAMES:
        yield f"{name.lower()}.csv", [domain_csv(domains.domain(name))]
        yield f"{name.lower()}.json", dataset_json(domains, name, made_at)


def _write(place: Path, text: Iterable[str]) -> str:
    """Write a file beside its place and move it there; its SHA-256."""
    digest, draft = hashlib.sha256(), place.with_name(f".{place.name}.part")
    with draft.open("wb") as file:
        for piece in text:
            data = piece.encode()
            digest.update(data)
            file.write(data)
    draft.replace(place)
    return digest.hexdigest()
