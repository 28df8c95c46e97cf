"""What most verbs begin with: --config, --json, the config and its home."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from mailbot.config import Account, Config
    from mailbot.job import Job
    from mailbot.wiring import Home

F = TypeVar("F", bound=Callable[..., Any])

config_option: Callable[[F], F] = click.option(
    "--config",
    "config_path",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="The config file (else $MAILBOT_CONFIG, else config.toml in the platform's config folder).",
)
json_option: Callable[[F], F] = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")


def load(path: Path | None) -> Config:
    from mailbot import config

    return config.load(path or config.default_path(os.environ), os.environ)


@contextmanager
def opened(
    path: Path | None, *, insist: bool = False, needs_secrets: bool = False, mends: bool = False
) -> Iterator[Home]:
    """The config and its edges, closed at the end. ``needs_secrets``: a missing secret is a config problem."""
    from mailbot.errors import BadUsage
    from mailbot.wiring import Home

    home = Home(load(path), os.environ, insist, mends)
    if needs_secrets and (problems := home.secrets.problems()):
        raise BadUsage(*problems)
    try:
        yield home
    finally:
        home.close()


def account_of(home: Home, job: Job) -> Account:
    """The account of a job. Raises BadUsage where the config has it no more."""
    from mailbot.errors import BadUsage

    found = next((account for account in home.config.accounts if account.key == job.account), None)
    if found is None:
        raise BadUsage(f"the account of {job.id} is not in the config any more")
    return found
