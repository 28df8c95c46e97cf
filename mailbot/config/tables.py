"""The config: every key, its default and its limits, read once into frozen values.

Owns the keys and how they depend on each other. Refuses to know secrets (``secrets``), what one value may be
(``value``), the wording of a problem (``problem``) and what anybody does with a value.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import platformdirs
from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, ValidationError, field_validator

from mailbot.config import problem
from mailbot.config import value as values
from mailbot.config.account import Account, FilePath, Folder, Identity, Imap, Smtp, Table
from mailbot.config.model import Model
from mailbot.config.owner import For, Learning, Notes, Owner
from mailbot.config.privacy import Privacy
from mailbot.config.value import Resolve, Surroundings, addresses
from mailbot.errors import BadUsage

__all__ = ["Account", "Archive", "Config", "For", "Identity", "Imap", "Learning", "Log", "Model", "Notes", "Notify"]
__all__ += ["Owner", "Privacy", "Schedule", "Smtp", "State", "default_path", "load"]


Days = Annotated[int, Field(ge=0, le=36500)]


def _state_folder() -> Path:
    return platformdirs.user_state_path("mailbot", appauthor=False)


class Archive(Table):
    """Where the pages go, and how long they stay. ``mode`` is that of files, as a number; 0 days: for ever."""

    folder: Annotated[Folder, BeforeValidator(values.filled)] = Field(default=Path("~/Mailbot"), validate_default=True)
    mode: Annotated[int, BeforeValidator(values.mode)] = 0o600
    keep_pages_days: Days = 0
    keep_prompts_days: Days = 0


class State(Table):
    """Where the journal is, and how long a job stays in it. ``folder`` "" = the platform's state folder; 0 days: for
    ever."""

    folder: Folder = Field(default_factory=_state_folder)
    keep_jobs_days: Days = 0

    @field_validator("folder", mode="before")
    @classmethod
    def _usual(cls, value: object) -> object:
        return value or _state_folder()


class Schedule(Table):
    """When is looked, and how much is drafted. ``every`` is in seconds."""

    every: Annotated[int, Field(ge=1, le=86400)] = 60  # seconds
    idle: bool = True
    hold_above: Annotated[int, Field(ge=0)] = 20
    daily_drafts: Annotated[int, Field(ge=1)] = 200


class Prompt(Table):
    """How the prompt reads. ``folder``: templates in it win over mailbot's own; "" = none."""

    folder: FilePath = ""


class Notify(Table):
    """How the owner is told of trouble. ``digest``: when he is told which drafts wait, "" = never."""

    by: Literal["inbox", "smtp", "off"] = "inbox"
    to: str = ""
    digest: Annotated[str, AfterValidator(values.time_of_day)] = ""


class Log(Table):
    """What is logged."""

    level: Literal["debug", "info", "warning", "error"] = "info"


class Config(Table):
    """The whole file. Built by ``load``."""

    owner: Owner
    archive: Archive = Field(default_factory=Archive)
    state: State = Field(default_factory=State)
    schedule: Schedule = Schedule()
    model: Model | None = None  # None: the outline writer
    prompt: Prompt = Prompt()
    voice: Learning = Learning()
    notes: tuple[Notes, ...] = ()
    privacy: tuple[Privacy, ...] = ()
    notify: Notify = Notify()
    log: Log = Log()
    accounts: tuple[Account, ...] = Field(alias="account")

    @field_validator("model")
    @classmethod
    def _named(cls, value: Model | None) -> Model | None:
        return value if value is not None and value.name else None

    @field_validator("accounts")
    @classmethod
    def _some(cls, value: tuple[Account, ...]) -> tuple[Account, ...]:
        if not value:
            raise ValueError(problem.NO_ACCOUNT)
        return value

    @cached_property
    def zone(self) -> ZoneInfo:
        """The owner's zone, else the host's. Raises BadUsage when the host does not tell its own."""
        if self.owner.timezone:
            return ZoneInfo(self.owner.timezone)
        from tzlocal import get_localzone  # late: it reads files, and few commands need a zone

        try:
            return get_localzone()
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise BadUsage(
                'owner.timezone: this host does not tell its zone; write one such as "Europe/Berlin"'
            ) from None


def default_path(environ: Mapping[str, str]) -> Path:
    """Where the config is when no ``--config`` says otherwise."""
    if environ.get("MAILBOT_CONFIG"):
        return Path(environ["MAILBOT_CONFIG"]).expanduser()
    return platformdirs.user_config_path("mailbot", appauthor=False) / "config.toml"


def load(path: Path, environ: Mapping[str, str], *, resolve: Resolve = addresses) -> Config:
    """The config in a file. Raises BadUsage with every problem that can be found in one reading."""
    tables = {"archive": {}, "state": {}} | problem.tuples(_read(path))  # their defaults need the home folder
    home = Path(environ["HOME"]) if environ.get("HOME") else Path.home()
    context = {"settings": Surroundings(home, path.absolute().parent, resolve)}
    found = [*problem.secrets(tables), *problem.across(tables)]
    try:
        config = Config.model_validate(tables, context=context)
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
        found += problem.sentences(details, tables, _keys)
    if found:
        raise BadUsage(*dict.fromkeys(found))
    return config


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8-sig"))  # Windows editors write a byte order mark
    except FileNotFoundError:
        raise BadUsage(f"{path}: there is no config; run 'mailbot setup'") from None
    except OSError as error:
        todo = "name the config itself" if path.is_dir() else "correct its permissions"
        raise BadUsage(f"{path}: cannot be read ({error.strerror}); {todo}") from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise BadUsage(f"{path}: line {line} is not UTF-8; save the file as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise BadUsage(f"{path}: is not TOML: {error}; correct that line") from None


def _keys(location: tuple[str | int, ...]) -> tuple[str, ...]:
    """The keys that the table at this place may have."""
    table: Any = Config
    for step in location:
        if isinstance(step, str):
            table = next(f.annotation for n, f in table.model_fields.items() if step == (f.alias or n))
            while not (isinstance(table, type) and issubclass(table, BaseModel)):
                table = table.__args__[0]
    return tuple(field.alias or name for name, field in table.model_fields.items())
