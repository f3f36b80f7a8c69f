"""Settings from the environment, read and checked once, at start."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import AliasChoices, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

SQLITE = "sqlite"
POSTGRESQL = "postgresql"
DRIVERS = {SQLITE: "sqlite", POSTGRESQL: "postgresql+psycopg"}


class ConfigurationError(Exception):
    """A setting cannot be used; the message names it and says what would be right."""


class Settings(BaseSettings):
    """Everything that can be set from outside. Variables begin with ``PLANNER_`` unless another name is given."""

    model_config = SettingsConfigDict(env_prefix="PLANNER_", extra="ignore", populate_by_name=True)

    #: where the embedded database and its keys are kept
    data_folder: Path = Path("planner-data")
    #: ``sqlite:///FILE`` or ``postgresql://USER@HOST/NAME``; left out, planner.db in the data folder
    database_url: str | None = Field(
        default=None, validation_alias=AliasChoices("DATABASE_URL", "PLANNER_DATABASE_URL", "database_url")
    )
    #: keys for contact details (Fernet, url-safe base64), newest first, with commas; left out with the
    #: embedded database, they are made at the first start and kept
    contact_keys: Annotated[tuple[SecretStr, ...], NoDecode] = ()
    #: finds contact details without decrypting them (HMAC); at least 32 characters; left out likewise
    index_key: SecretStr | None = None
    #: how many connections to PostgreSQL a process keeps
    database_pool: int = Field(default=10, ge=1, le=200)
    #: a session ends after so many minutes without a request
    session_idle_minutes: int = Field(default=30, ge=1, le=1_440)
    #: and after so many hours, whatever happens
    session_hours: int = Field(default=12, ge=1, le=168)
    #: so many failed sign-ins with one address within a quarter of an hour lock it for the rest of it
    sign_in_attempts: int = Field(default=5, ge=1, le=100)
    #: the least length of a password
    shortest_password: int = Field(default=12, ge=8, le=200)
    #: what is logged: debug, info, warning or error
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    #: a line of JSON for programs, or text for people
    log_format: Literal["json", "text"] = "json"
    #: whoever reads /metrics has to send it as a bearer token; left out, everybody may read them
    metrics_token: SecretStr | None = None
    #: by what texts go: handset (a simulated phone on a page; nothing leaves the machine), console (printed by the
    #: worker), or twilio
    channel: Literal["handset", "console", "twilio"] = "handset"
    #: whether everybody who reaches the pages may look at the simulated phones and write on them: for a demo only,
    #: never where there are participants
    show_phones: bool = False
    #: the address at which Twilio, and whoever uses the pages, reaches this installation: https://visits.example.org
    public_url: str = ""
    #: the account's SID
    twilio_account: str = ""
    #: the account's auth token: it signs what Twilio sends us, and, without an API key, what we send
    twilio_token: SecretStr | None = None
    #: the SID of an API key to send with, in place of the auth token
    twilio_key: str = ""
    #: the secret of that key
    twilio_secret: SecretStr | None = None
    #: the number (E.164) or name that texts come from
    twilio_from: str = ""
    #: a Messaging Service, which chooses the sender itself
    twilio_service: str = ""
    #: stands in for https://api.twilio.com, for tests
    twilio_base_url: str = ""
    #: the mail server; left out, no e-mail is sent unless the channel is handset or console
    smtp_host: str = ""
    #: its port
    smtp_port: int = Field(default=587, ge=1, le=65_535)
    #: who signs in there, if anybody has to
    smtp_user: str = ""
    #: with what
    smtp_password: SecretStr | None = None
    #: the address that e-mail comes from
    smtp_from: str = ""
    #: starttls, tls from the first byte on, or none (only on the same machine)
    smtp_tls: Literal["starttls", "tls", "none"] = "starttls"
    #: how many seconds a provider has to answer
    send_timeout_seconds: int = Field(default=10, ge=1, le=120)
    #: how many seconds a claimed message belongs to its worker; more than three times the timeout
    send_lease_seconds: int = Field(default=60, ge=5, le=3_600)
    #: how many messages a worker claims at once; up to sixteen times as many, 800 at most,
    #: while a provider is quick
    send_batch: int = Field(default=50, ge=1, le=1_000)
    #: how many threads of a worker send at once; 0: two with PostgreSQL, one with the embedded database
    send_threads: int = Field(default=0, ge=0, le=8)
    #: every how many seconds a worker looks for messages that are due
    send_every_seconds: int = Field(default=5, ge=1, le=300)

    #: how many megabytes of calendars that were made each process keeps
    calendar_cache_megabytes: int = Field(default=32, ge=1, le=10_000)

    @field_validator("contact_keys", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, value: str | None) -> str | None:
        if value is None:
            return None
        try:
            url = make_url(value)
        except ArgumentError:
            raise ValueError("this is no database address; write sqlite:///FILE or postgresql://HOST/NAME") from None
        backend = url.get_backend_name()
        if backend not in DRIVERS:
            raise ValueError(f"{backend} is not supported; write sqlite:///FILE or postgresql://HOST/NAME")
        return url.set(drivername=DRIVERS[backend]).render_as_string(hide_password=False)

    @field_validator("public_url")
    @classmethod
    def _public(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and (parts.scheme not in ("https", "http") or not parts.hostname or parts.query or parts.fragment):
            raise ValueError("this is no address of an installation; write https://visits.example.org")
        return value.rstrip("/")

    @model_validator(mode="after")
    def _complete(self) -> Self:
        """What a channel needs has to be there before anything is started."""
        if wrong := [*self._missing_for_twilio(), *self._missing_for_mail()]:
            raise ValueError("; ".join(wrong))
        if self.send_lease_seconds <= 3 * self.send_timeout_seconds:
            raise ValueError("PLANNER_SEND_LEASE_SECONDS has to be more than three times PLANNER_SEND_TIMEOUT_SECONDS")
        return self

    def _missing_for_twilio(self) -> Iterator[str]:
        if self.channel != "twilio":
            return
        for name in ("twilio_account", "twilio_token", "public_url"):
            if not getattr(self, name):
                yield f"PLANNER_{name.upper()} is missing, without which Twilio cannot be used"
        if not (self.twilio_from or self.twilio_service):
            yield "PLANNER_TWILIO_FROM or PLANNER_TWILIO_SERVICE is missing: texts need a sender"
        if bool(self.twilio_key) != bool(self.twilio_secret):
            yield "PLANNER_TWILIO_KEY and PLANNER_TWILIO_SECRET belong together"

    def _missing_for_mail(self) -> Iterator[str]:
        if self.smtp_host and not self.smtp_from:
            yield "PLANNER_SMTP_FROM is missing: e-mail needs a sender"

    @property
    def database(self) -> str:
        """The address of the database, with its driver."""
        return self.database_url or f"sqlite:///{self.data_folder / 'planner.db'}"

    @property
    def is_embedded(self) -> bool:
        """Whether the database is a file on this machine."""
        return self.database.startswith(SQLITE)


def read_settings(overrides: Mapping[str, Any] | None = None) -> Settings:
    """The settings of this process. Raises ConfigurationError with every setting that cannot be used."""
    try:
        return Settings(**(overrides or {}))
    except ValidationError as wrong:
        raise ConfigurationError("\n".join(_said(error["loc"], error["msg"]) for error in wrong.errors())) from None


def _said(place: tuple[int | str, ...], message: str) -> str:
    said = message.removeprefix("Value error, ")
    return f"{_variable(place)}: {said}" if place else said


def _variable(place: tuple[int | str, ...]) -> str:
    """The environment variable that a setting comes from."""
    name = str(place[0])
    return name if name.isupper() else "DATABASE_URL" if name == "database_url" else f"PLANNER_{name.upper()}"
