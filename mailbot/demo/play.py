"""The demo's plot: a mailbox starts, mailbot's service runs on it, a second mail client sets a flag, a draft appears.

It owns the config of the demo and the waiting. It prints nothing: ``say`` gets a line for each thing that happened."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from mailbot.config import Config, load
from mailbot.demo import mailbox, samples
from mailbot.imap.login import connect
from mailbot.imap.session import Session
from mailbot.job import Job, State
from mailbot.service import Service
from mailbot.wiring import Home

OPENAI = "https://api.openai.com/v1"
EVERY = 2  # seconds between polls: pymap's IDLE can lose a wake-up when two changes come together
CONTACT_WITHIN = 60.0  # seconds for the first look at the mailbox; it takes one, on a slow machine many
PASSWORD = "demo"
T = TypeVar("T")
STEPS = 0.05  # seconds between two looks at the journal


@dataclass(frozen=True, slots=True)
class Writer:
    """Who writes: the model that the environment names, else the outline writer (``name`` "")."""

    base_url: str
    name: str
    key: str

    @property
    def told(self) -> str:
        if not self.name:
            return (
                "No model is named (OPENAI_API_KEY or OPENAI_BASE_URL), so the outline writer drafts: it asks nobody "
                "and leaves the answers to you."
            )
        return f"The model {self.name} at {urlsplit(self.base_url).hostname} drafts, as the environment says."


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What there is to see at the end. ``draft`` is None when there is none, ``trouble`` then says why."""

    folder: Path
    mail: str
    draft: str | None
    page: str
    page_path: Path
    prompt_path: Path | None
    source_path: Path
    seconds: float
    trouble: str


def writer(environ: Mapping[str, str]) -> Writer:
    base_url, key = environ.get("OPENAI_BASE_URL", ""), environ.get("OPENAI_API_KEY", "")
    if not base_url and not key:
        return Writer("", "", "")
    return Writer(base_url or OPENAI, environ.get("MAILBOT_MODEL", "gpt-5.2"), key)


def play(folder: Path, who: Writer, environ: Mapping[str, str], say: Callable[[str], None]) -> Scene:
    """Runs the demo in ``folder``. Raises BadUsage when pymap is missing or the folder's config cannot be used."""
    with mailbox.running(samples.ADDRESS, PASSWORD) as box:
        for sample in samples.samples(datetime.now(UTC)):
            box.append("INBOX", sample.raw, (), sample.arrived)
        config = _config(folder, who, box)
        given = {**environ, "MAILBOT_DEMO_IMAP": PASSWORD, "MAILBOT_MODEL_KEY": who.key}
        home = Home(config, given)
        service = Service([home.world(config.accounts[0])], every=EVERY, idle=True, concurrency=1)
        client = connect(config.accounts[0].imap, PASSWORD, None)
        try:
            service.start()
            _until(lambda: home.journal.stars.folders(config.accounts[0].key), CONTACT_WITHIN)
            say("mailbot runs, as `mailbot run` would; it has looked at the mailbox once")
            flagged_at, mail = _flag(client)
            say("a second mail client sets a flag on one mail")
            patience = config.model.timeout + CONTACT_WITHIN if config.model else CONTACT_WITHIN
            job = _until(lambda: _ended(home), patience)
            seconds = time.monotonic() - flagged_at
            return _scene(folder, mail, job, _draft(client), home, seconds)
        finally:
            service.stop()
            client.close()
            home.close()


def _config(folder: Path, who: Writer, box: mailbox.Mailbox) -> Config:
    """Writes the demo's config, so that it can be looked at, and loads it."""
    model = f"[model]\nbase_url = {json.dumps(who.base_url)}\nname = {json.dumps(who.name)}" if who.name else ""
    lines = [
        f'[owner]\nname = {json.dumps(samples.OWNER)}\nabout = "{samples.ABOUT}"',
        model,
        f"[archive]\nfolder = {json.dumps(str(folder / 'archive'))}",
        f"[state]\nfolder = {json.dumps(str(folder / 'state' / str(time.time_ns())))}",
        f"[schedule]\nevery = {EVERY}",
        f'[[account]]\nname = "demo"\naddress = {json.dumps(samples.ADDRESS)}',
        f'[account.imap]\nhost = "{box.host}"\nport = {box.port}\nsecurity = "none"',
    ]
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "config.toml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return load(path, {})


def _flag(client: Session) -> tuple[float, str]:
    """Flags the mail that is asked about; when it was done, and the mail as a person sees it."""
    client.select("INBOX")
    asked = next(s for s in samples.samples(datetime.now(UTC)) if s.asked)
    wanted = message_from_bytes(asked.raw)["Message-ID"]
    uid = client.with_message_id(wanted)[0]
    fetched = client.mail(uid, 100_000)
    assert fetched is not None, "the sample was delivered"
    client.add_keyword(uid, "\\Flagged")
    return time.monotonic(), _shown(fetched.data)


def _ended(home: Home) -> Job | None:
    """The job, when nothing more will happen to it by itself."""
    for job in home.journal.jobs():
        if job.state in (State.DONE, State.SKIPPED, State.PARKED) or job.waits_for:
            return job
    return None


def _until(look: Callable[[], T], seconds: float) -> T | None:
    deadline = time.monotonic() + seconds
    while not (found := look()) and time.monotonic() < deadline:
        time.sleep(STEPS)
    return found or None


def _draft(client: Session) -> str | None:
    look = client.examine("Drafts")
    uids = client.uids_from(1)
    fetched = client.mail(uids[-1], 1_000_000) if uids and look else None
    return _shown(fetched.data) if fetched else None


def _shown(raw: bytes) -> str:
    """A mail as a client shows it: the headers that people read, and the text."""
    message = message_from_bytes(raw, policy=policy.default)
    head = [f"{name + ':':<9}{message[name]}" for name in ("From", "To", "Cc", "Subject", "Date") if message[name]]
    return "\n".join([*head, "", str(message.get_content())])


def _scene(folder: Path, mail: str, job: Job | None, draft: str | None, home: Home, seconds: float) -> Scene:
    names = job.names if job else {}
    archive = home.config.archive.folder
    page = home.store.read(names["page"]) if names.get("page") else None
    trouble = (job.waits_for or job.reason or "it is not known why") if job else "the mailbox did not answer in time"
    return Scene(
        folder=folder,
        mail=mail,
        draft=draft,
        page=page or "",
        page_path=archive / names.get("page", ""),
        prompt_path=archive / names["prompt"] if job and job.shape else None,
        source_path=archive / names.get("source", ""),
        seconds=seconds,
        trouble=trouble,
    )
