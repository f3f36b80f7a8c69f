"""Settings from the environment, read and checked once, at start."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AliasChoices, Field, SecretStr, ValidationError, field_validator
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
        found = [f"{_variable(error['loc'])}: {error['msg'].removeprefix('Value error, ')}" for error in wrong.errors()]
        raise ConfigurationError("\n".join(found)) from None


def _variable(place: tuple[int | str, ...]) -> str:
    """The environment variable that a setting comes from."""
    name = str(place[0])
    return name if name.isupper() else "DATABASE_URL" if name == "database_url" else f"PLANNER_{name.upper()}"
