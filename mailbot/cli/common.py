"""What several verbs need: the --config option, the config and its home, times and states in words, the log."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from mailbot.config import Config
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
def home(path: Path | None, *, insist: bool = False) -> Iterator[Home]:
    from mailbot.wiring import Home

    place = Home(load(path), os.environ, insist)
    try:
        yield place
    finally:
        place.close()


def start_log(level: str) -> None:
    """One line per event on stderr, key=value; control characters are escaped, so that no mail forges a line."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Escaping("%(asctime)s %(levelname)s %(message)s", "%Y-%m-%dT%H:%M:%S"))
    root = logging.getLogger("mailbot")
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    root.propagate = False


class _Escaping(logging.Formatter):
    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 (the name is logging's)
        return escaped(super().formatMessage(record))


def escaped(text: str) -> str:
    """Text from mails or servers, fit for a terminal: what cannot be printed is shown as \\x1b."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def when(place: Home, seconds: float | None) -> str:
    """A moment in the owner's zone, ISO 8601, or ""."""
    from datetime import datetime

    return datetime.fromtimestamp(seconds, place.config.zone).isoformat(timespec="seconds") if seconds else ""


def account_name(place: Home, key: str) -> str:
    return next((a.name for a in place.config.accounts if a.key == key), key)


def why(place: Home, job: Job) -> str:
    """Why a job waits, is held, or ended without a draft; "" when there is nothing to say."""
    if job.waits_for:
        return f"{job.waits_for}; next try {when(place, job.until)}"
    return job.reason


def row(place: Home, job: Job) -> dict[str, Any]:
    """One job as ``list --json`` shows it (design, section 3)."""
    return {
        "id": job.id,
        "account": account_name(place, job.account),
        "state": str(job.state),
        "status": job.status,
        "reason": why(place, job),
        "from": job.draft.get("from", ""),
        "to": job.draft.get("to", ""),
        "cc": job.draft.get("cc", ""),
        "subject": job.draft.get("subject") or job.mail.get("subject", ""),
        "created": when(place, job.asked_at),
        "page": job.names.get("page", ""),
        "prompt": job.names.get("prompt", "") if job.shape else "",
        "message_id": job.mail.get("message_id", ""),
        "draft_message_id": job.draft.get("draft_message_id", ""),
        "generation": job.generation,
        "model": job.answer.get("model", ""),
        "tokens_in": job.tokens_in,
        "tokens_out": job.tokens_out,
    }
