"""The keys of an installation: what encrypts contact details, what finds them, what signs sessions."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import stat
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from planner.config import ConfigurationError, Settings
from planner.persistence.types import json_text

SHORTEST_KEY = 32


@dataclass(frozen=True, slots=True)
class Keys:
    """What encrypts contact details (the newest key first), what finds them, and what signs sessions."""

    contact: MultiFernet
    index: bytes
    secret: str

    def seal(self, data: dict[str, Any]) -> bytes:
        """Encrypt plain data."""
        return self.contact.encrypt(json_text(data).encode())

    def open(self, sealed: bytes) -> dict[str, Any]:
        """Decrypt it. Raises ConfigurationError if none of the keys fits."""
        try:
            opened: dict[str, Any] = json.loads(self.contact.decrypt(sealed))
        except InvalidToken:
            wrong = "none of PLANNER_CONTACT_KEYS fits what is stored; add the key that was in use"
            raise ConfigurationError(wrong) from None
        return opened

    def find(self, text: str) -> str:
        """The keyed digest by which a number or an address is found."""
        return hmac.new(self.index, text.strip().lower().encode(), hashlib.sha256).hexdigest()


def keys_of(settings: Settings) -> Keys:
    """The keys of this installation. With the embedded database they are made at the first start, and kept beside it.

    Raises ConfigurationError where several machines share a database and the keys are not given to each.
    """
    given = (settings.contact_keys, settings.index_key, settings.secret_key)
    if all(given):
        contact, index, secret = settings.contact_keys, settings.index_key, settings.secret_key
        assert index is not None  # noqa: S101 - all are given
        assert secret is not None  # noqa: S101
        return _keys([key.get_secret_value() for key in contact], index.get_secret_value(), secret.get_secret_value())
    if any(given) or not settings.is_embedded:
        wrong = "PLANNER_CONTACT_KEYS, PLANNER_INDEX_KEY and PLANNER_SECRET_KEY belong together"
        raise ConfigurationError(f"{wrong}; set all three, e.g. from `planner keys new`")
    kept = _kept(settings.data_folder / "keys.json")
    return _keys(kept["contact"], kept["index"], kept["secret"])


def new_keys() -> dict[str, Any]:
    """Fresh keys, as they are kept."""
    random = base64.urlsafe_b64encode
    return {
        "contact": [Fernet.generate_key().decode()],
        "index": random(os.urandom(32)).decode(),
        "secret": random(os.urandom(32)).decode(),
    }


def _kept(file: Path) -> dict[str, Any]:
    """The keys in a file that only its owner can read; made if there is none. Two starts at once make one."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        draft = file.with_suffix(f".{os.getpid()}")
        draft.touch(mode=stat.S_IRUSR | stat.S_IWUSR)
        draft.write_text(json.dumps(new_keys()), "utf-8")
        with suppress(FileExistsError):  # the other one was first
            os.link(draft, file)
        draft.unlink()
    kept: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return kept


def _keys(contact: Sequence[str], index: str, secret: str) -> Keys:
    for name, key in (("PLANNER_INDEX_KEY", index), ("PLANNER_SECRET_KEY", secret)):
        if len(key) < SHORTEST_KEY:
            raise ConfigurationError(f"{name} is too short; give at least {SHORTEST_KEY} random characters")
    try:
        found = MultiFernet([Fernet(key) for key in contact])
    except ValueError:
        wrong = "PLANNER_CONTACT_KEYS has a key that is none"
        raise ConfigurationError(f"{wrong}; make one with `planner keys new`") from None
    return Keys(found, index.encode(), secret)
