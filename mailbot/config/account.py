"""The config of one account: its addresses, its servers, and the base that all tables of the config share.

Owns the ``[[account]]`` keys. Refuses to know the other tables and the other accounts (``config``).
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from mailbot.config import value as values
from mailbot.config.value import LOOPBACK, Surroundings, inside

DOUBT_WAIT, SLOW_DOUBT_WAIT = 20, 900  # seconds; FairEmail waits as long, because Exchange shows a copy that late
SLOW_HOSTS = ("outlook.", "office365.", "office.", "exchange")  # parts of a host name


def settings(info: ValidationInfo) -> Surroundings:
    """What ``config.load`` was given; outside of it, ``here``."""
    given = (info.context or {}).get("settings")
    return given if isinstance(given, Surroundings) else here()


def here() -> Surroundings:
    """This process's own home and folder."""
    return Surroundings(Path.home(), Path.cwd())


def _path(value: str, info: ValidationInfo) -> str:
    return settings(info).path(value)


def _folder(value: object, info: ValidationInfo) -> object:
    return settings(info).path(str(value)) if isinstance(value, str | Path) else value


FilePath = Annotated[str, AfterValidator(_path)]
Folder = Annotated[Path, Field(strict=False), BeforeValidator(_folder)]
Address = Annotated[str, AfterValidator(values.address)]
Language = Annotated[str, AfterValidator(values.language)]
Authority = Annotated[str, AfterValidator(values.authority)]
Host = Annotated[str, AfterValidator(values.host)]
Filled = Annotated[str, Field(min_length=1)]
Port = Annotated[int, Field(ge=1, le=65535)]
Security = Literal["tls", "starttls", "none"]


class Table(BaseModel):
    """A table of the file: unknown keys are errors, types are not guessed."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Identity(Table):
    """What differs for one of the addresses. "" = take the owner's."""

    address: Address
    name: str = ""
    signature: str = ""
    about: str = ""
    language: Language = ""


class _Server(Table):
    """``user`` "" = the server wants no login."""

    _ports: ClassVar[tuple[int, int]]  # with TLS from the first byte, and otherwise

    host: Host = ""
    security: Security = "tls"
    port: Port
    user: str = ""
    password_file: FilePath = ""
    password_command: str = ""

    @model_validator(mode="before")
    @classmethod
    def _usual_port(cls, data: Any) -> Any:
        port = cls._ports[isinstance(data, dict) and data.get("security", "tls") != "tls"]
        return {"port": port, **data} if isinstance(data, dict) else data

    @field_validator("security")
    @classmethod
    def _encrypted(cls, value: str, info: ValidationInfo) -> str:
        host = info.data.get("host", "localhost")
        if value == "none" and not inside(host, LOOPBACK, settings(info).resolve):
            raise ValueError('"none" is only for this machine itself (loopback); use "tls" or "starttls"')
        return value


class Imap(_Server):
    """The mailbox. ``user`` not set = the address. ``client_id`` is that of the owner's app registration at
    ``authority``, for a sign-in in place of a password."""

    _ports = (993, 143)

    host: Annotated[Host, Field(min_length=1)]
    user: Filled
    ca_file: FilePath = ""
    auth: Literal["password", "xoauth2"] = "password"
    connections: Annotated[int, Field(ge=1, le=15)] = 3  # Gmail allows 15
    doubt_wait: Annotated[int, Field(ge=0, le=86400)]  # seconds
    token_command: str = ""
    client_id: Annotated[str, AfterValidator(values.client_id)] = ""
    authority: Authority = ""

    @model_validator(mode="before")
    @classmethod
    def _usual_wait(cls, data: Any) -> Any:
        slow = isinstance(data, dict) and any(part in str(data.get("host")).lower() for part in SLOW_HOSTS)
        return {"doubt_wait": SLOW_DOUBT_WAIT if slow else DOUBT_WAIT, **data} if isinstance(data, dict) else data


class Smtp(_Server):
    """Only for notices to the owner."""

    _ports = (465, 587)


class Account(Table):
    """One mailbox and who the owner is there."""

    name: Annotated[str, AfterValidator(values.account_name)]
    address: Address
    aliases: tuple[Annotated[str, AfterValidator(values.pattern)], ...] = ()
    flag: Annotated[str, AfterValidator(values.flag)] = "\\Flagged"
    folders: tuple[Filled, ...] = ()
    drafts: str = ""
    sent: str = ""
    trash: str = ""
    reply_all: bool = True
    quote: Literal["below", "none"] = "below"
    identities: tuple[Identity, ...] = Field(default=(), alias="identity")
    imap: Imap
    smtp: Smtp | None = None

    @model_validator(mode="before")
    @classmethod
    def _log_in_as_address(cls, data: Any) -> Any:
        if isinstance(data, dict) and isinstance(data.get("imap"), dict) and not data["imap"].get("user"):
            return {**data, "imap": {**data["imap"], "user": data.get("address", "")}}
        return data

    @field_validator("smtp")
    @classmethod
    def _named(cls, value: Smtp | None) -> Smtp | None:
        return value if value is not None and value.host else None

    @property
    def key(self) -> str:
        """``user@host``, what state is kept by: the name is for people and may change."""
        return f"{self.imap.user}@{self.imap.host.lower()}"
