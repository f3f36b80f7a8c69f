"""The keys of an installation: what encrypts contact details, and what finds them."""

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
#: where the embedded database has its keys
KEPT = "keys.json"


@dataclass(frozen=True, slots=True)
class Keys:
    """What encrypts contact details (the newest key first), and what finds them."""

    contact: MultiFernet
    index: bytes

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

    def again(self, sealed: bytes) -> bytes:
        """The same, encrypted with the newest key. Raises ConfigurationError if none of the keys fits."""
        return self.seal(self.open(sealed))

    def find(self, text: str) -> str:
        """The keyed digest by which a number or an address is found."""
        return hmac.new(self.index, text.strip().lower().encode(), hashlib.sha256).hexdigest()


def keys_of(settings: Settings) -> Keys:
    """The keys of this installation. With the embedded database they are made at the first start, and kept beside it.

    Raises ConfigurationError where several machines share a database and the keys are not given to each.
    """
    if settings.contact_keys and settings.index_key:
        contact = [key.get_secret_value() for key in settings.contact_keys]
        return _keys(contact, settings.index_key.get_secret_value())
    if settings.contact_keys or settings.index_key or not settings.is_embedded:
        wrong = "PLANNER_CONTACT_KEYS and PLANNER_INDEX_KEY belong together"
        raise ConfigurationError(f"{wrong}; set both, e.g. from `planner keys new`")
    kept = kept_keys(settings.data_folder)
    return _keys(kept["contact"], kept["index"])


def new_keys() -> dict[str, Any]:
    """Fresh keys, as they are kept."""
    return {"contact": [Fernet.generate_key().decode()], "index": base64.urlsafe_b64encode(os.urandom(32)).decode()}


def add_key(settings: Settings) -> bool:
    """Put a fresh key before those that are kept beside the embedded database; False where the environment has them."""
    if settings.contact_keys:
        return False
    file = settings.data_folder / KEPT
    kept = kept_keys(settings.data_folder)
    kept["contact"].insert(0, Fernet.generate_key().decode())
    draft = file.with_suffix(f".{os.getpid()}")
    draft.touch(mode=stat.S_IRUSR | stat.S_IWUSR)
    draft.write_text(json.dumps(kept), "utf-8")
    draft.replace(file)
    return True


def kept_keys(folder: Path) -> dict[str, Any]:
    """The keys in a folder's file that only its owner can read; made if there is none. Two starts at once make one."""
    file = folder / KEPT
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


def _keys(contact: Sequence[str], index: str) -> Keys:
    if len(index) < SHORTEST_KEY:
        raise ConfigurationError(f"PLANNER_INDEX_KEY is too short; give at least {SHORTEST_KEY} random characters")
    try:
        found = MultiFernet([Fernet(key) for key in contact])
    except ValueError:
        wrong = "PLANNER_CONTACT_KEYS has a key that is none"
        raise ConfigurationError(f"{wrong}; make one with `planner keys new`") from None
    return Keys(found, index.encode())
