"""mailbot once: one cycle over every account, then exit."""

from __future__ import annotations

import json
import logging
import os
import threading
from collections.abc import Collection
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

from mailbot.cli import FAILED, LOCKED, OWNER
from mailbot.cli.log import start_log
from mailbot.cli.options import config_option, opened
from mailbot.cli.say import say
from mailbot.cli.words import escaped, shortened, title, when
from mailbot.counted import counted

if TYPE_CHECKING:
    from mailbot.bot.observe import Seen
    from mailbot.config import Account
    from mailbot.job import Job
    from mailbot.poller.calls import Calls
    from mailbot.wiring import Home
    from mailbot.world import World


FIRST = "nothing was flagged yet; what you flag from now on is drafted"
WAITS = "mailbot status says why, mailbot once --retry tries again now"


@click.command("once")
@config_option
@click.option("--include-existing", is_flag=True, help="Also what was flagged before the first run.")
@click.option("--retry", is_flag=True, help="Also what waits for its next try.")
@click.option("--dry-run", is_flag=True, help="Show what would be drafted, to whom, from which prompt; store nothing.")
def command(config_path: Path | None, include_existing: bool, retry: bool, dry_run: bool) -> int:
    """Look once at every account, draft what is flagged, exit.

    Flags that are there at the very first look are only remembered. While mailbot run works, there is nothing to do
    for this one (exit code 4)."""
    from mailbot.poller.calls import Calls

    with opened(config_path, needs_secrets=True, mends=not dry_run) as home:
        start_log("warning" if home.config.log.level == "info" else home.config.log.level)
        calls = Calls(home.config.model.concurrency if home.config.model else 1)
        cycle = _Cycle(home=home, calls=calls, include_existing=include_existing, retry=retry, dry_run=dry_run)
        codes: list[int] = []
        printing = threading.Lock()

        def account_cycle(account: Account) -> None:
            lines, code = cycle.run(account)
            with printing:
                codes.append(code)
                for line in lines:
                    say(escaped(f"{account.name}: {line}"))

        threads = [threading.Thread(target=account_cycle, args=(a,), daemon=True) for a in home.config.accounts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if not dry_run:
            home.sweep()
        return next((code for code in (OWNER, FAILED, LOCKED) if code in codes), 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cycle:
    """What was asked of this run. ``calls`` are those of the model, which all accounts share."""

    home: Home
    calls: Calls
    include_existing: bool
    retry: bool
    dry_run: bool

    def run(self, account: Account) -> tuple[list[str], int]:
        """One account's lines and exit code."""
        from mailbot import lock
        from mailbot.errors import MailbotError, OwnerMustAct

        try:
            held = lock.acquire(account.key, lock.folder(os.environ))
            if held is None:
                return ["another mailbot is running for this account; nothing done"], LOCKED
            with held:
                return (self._rehearsed(account), 0) if self.dry_run else self._worked(self.home.world(account))
        except OwnerMustAct as error:
            return [str(error)], OWNER
        except MailbotError as error:
            return [f"{error}. It is tried again at the next run."], FAILED
        except Exception as error:
            logging.getLogger("mailbot").exception("account=%s", account.name)
            return [f"a bug in mailbot ended the cycle ({type(error).__name__}): please report the lines above"], FAILED

    def _worked(self, world: World) -> tuple[list[str], int]:
        """One look and all that follows from it."""
        from mailbot.notices.trouble import BLOCKING, troubles
        from mailbot.poller import Poller

        before, began = world.journal.last(), world.now()
        first_contact = not (world.journal.facts.get("poll", world.key) or {}).get("ok")
        poller = Poller(world, self.calls)
        try:
            first = poller.round(include_existing=self.include_existing, retry=self.retry)
            last = poller.finish()
        finally:
            poller.close()
        events = world.journal.events_after(before, world.key)
        jobs = [world.journal.find(id) for id in dict.fromkeys(e.job for e in events)]
        lines = [*_seen(first.seen), *filter(None, (_line(self.home, job) for job in jobs))]
        lines += _waiting(world, {job.id for job in jobs})
        begun = {kind: t for kind, t in troubles(world).items() if t["since"] >= began and not t["over"]}
        blocking = [t for kind, t in begun.items() if kind in BLOCKING]
        lines += [f"{t['reason']}. {t['hint']}." for t in blocking]
        if blocking or first.owner or last.owner:
            return lines or ["nothing new"], OWNER
        troubled = any(e.kind in ("waiting", "parked") and not e.data.get("planned") for e in events)
        lines = lines or [FIRST if first_contact else "nothing new"]
        return lines, FAILED if troubled or first.failed or last.failed else 0

    def _rehearsed(self, account: Account) -> list[str]:
        """The same line up to the model, on copies of journal and archive."""
        from mailbot.archive.store import Store
        from mailbot.bot.connect import connect
        from mailbot.bot.tick import rehearse

        with ExitStack() as stack:
            folder = Path(stack.enter_context(TemporaryDirectory(prefix="mailbot-")))
            journal = self.home.journal.copy(folder / "state")
            stack.callback(journal.close)
            world = replace(self.home.world(account), journal=journal, store=Store(folder / "archive", 0o600))
            wire = connect(world)
            stack.callback(wire.session.close)
            jobs = rehearse(world, wire, include_existing=self.include_existing)
            lines = [line for job in jobs for line in _would_draft(world, job)]
        return lines or ["nothing would be drafted"]


def _seen(seen: Seen) -> list[str]:
    lines = []
    if seen.remembered:
        were, are = ("was", "is") if seen.remembered == 1 else ("were", "are")
        there = f"{counted(seen.remembered, 'flag')} {were} already there and {are} only remembered"
        lines.append(f"{there}; flag another mail, or use --include-existing")
    if seen.held:
        lines.append(f"{len(seen.held)} held: mailbot list says why, mailbot release --all drafts what is held")
    return lines


def _waiting(world: World, told: Collection[str]) -> list[str]:
    """What still waits for its next try, beside what was told already."""
    count = sum(bool(job.waits_for) and job.id not in told for job in world.journal.open_jobs(world.key))
    return [f"{counted(count, 'mail')} {'waits' if count == 1 else 'wait'}: {WAITS}"] if count else []


def _line(home: Home, job: Job) -> str:
    from mailbot.job import State

    subject = shortened(title(job))
    if job.status == "superseded":
        return ""
    if job.waits_for:
        return f"{subject}: waits ({job.waits_for}); next try {when(home, job.until)}"
    if job.state is State.DONE:
        return f"{subject}: a draft to {job.draft['to'] or 'nobody yet'} waits in Drafts; page {job.names['page']}"
    if job.state in (State.SKIPPED, State.PARKED, State.CANCELLED):
        return f"{subject}: no draft: {job.reason}"
    return ""


def _would_draft(world: World, job: Job) -> list[str]:
    lines = [
        f"would draft {job.draft.get('subject', job.mail.get('subject', ''))}",
        f"  from {job.draft.get('from', '?')}  to {job.draft.get('to', '?') or 'nobody: fill it in'}",
    ]
    if job.draft.get("cc"):
        lines.append(f"  cc {job.draft['cc']}")
    if not job.shape:
        return [*lines, "  no model is configured: the outline writer would write it"]
    prompt = json.loads(world.store.read(job.names["prompt"]) or "{}")
    lines.append(f"  prompt for {prompt['model']} at {prompt['base_url']}:")
    for message in prompt["messages"]:
        lines.append(f"  [{message['role']}]")
        lines += [f"  {text}" for text in message["content"].splitlines()]
    return lines
