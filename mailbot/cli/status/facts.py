"""What is known of an account, from the journal and the lock alone: nobody is asked, nothing is written."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from statistics import median
from typing import TYPE_CHECKING, Any

from mailbot.cli.words import title, when

if TYPE_CHECKING:
    from mailbot.config import Account
    from mailbot.job import Job
    from mailbot.wiring import Home

LATE = 5  # polls missed by a running mailbot before status calls it unwell
STOPPED = 86_400.0  # seconds without a look by anybody before status calls that unwell: a cron job may run once a day
WEEK = 7  # days, today among them


def account_facts(home: Home, account: Account, now: float) -> dict[str, Any]:
    """As ``status --json`` prints it. Times are ISO 8601 in the owner's zone, "" = never."""
    from mailbot import lock
    from mailbot.imap import settled
    from mailbot.notices.trouble import BLOCKING, SCOPE

    journal = home.journal
    poll = journal.facts.get("poll", account.key) or {"at": None, "ok": None, "error": ""}
    troubles = [
        {"kind": kind, "reason": t["reason"], "hint": t["hint"], "since": when(home, t["since"])}
        for kind, t in journal.facts.all(SCOPE + account.key).items()
        if not t["over"]
    ]
    running = lock.is_held(account.key, lock.folder(os.environ))
    patience = LATE * home.config.schedule.every + 60 if running else STOPPED
    late = poll["ok"] is not None and now - poll["ok"] > patience
    open_jobs = journal.open_jobs(account.key)
    held = [job for job in journal.held_jobs() if job.account == account.key]
    parked = [job for job in journal.parked_jobs() if job.account == account.key]
    return {
        "account": account.name,
        "address": account.address,
        "healthy": not poll["error"] and not late and not any(t["kind"] in BLOCKING for t in troubles),
        "running": running,
        "late": late,
        "last_poll": when(home, poll["ok"]),
        "error": poll["error"],
        "open": len(open_jobs),
        "waiting": [_waiting(home, job) for job in open_jobs if job.waits_for],
        "held": len(held),
        "held_why": list(dict.fromkeys(job.reason for job in held)),
        "parked": [{"id": job.id, "subject": title(job), "reason": job.reason} for job in parked],
        "troubles": troubles,
        "miscounted": sorted(journal.facts.all(settled.SCOPE + account.key)),
        **_figures(home, account, now),
    }


def _waiting(home: Home, job: Job) -> dict[str, Any]:
    return {
        "id": job.id,
        "subject": job.mail.get("subject", ""),
        "reason": job.waits_for,
        "since": when(home, job.waiting_since),
        "until": when(home, job.until),
    }


def _figures(home: Home, account: Account, now: float) -> dict[str, Any]:
    """Today and the last seven days, in the owner's zone."""
    figures = home.journal.figures
    midnight = datetime.fromtimestamp(now, home.config.zone).replace(hour=0, minute=0, second=0, microsecond=0)
    today, week = midnight.timestamp(), (midnight - timedelta(days=WEEK - 1)).timestamp()
    drafts = figures.drafts(account.key, week)
    times = [took for _, took in drafts if took is not None]
    tokens_in, tokens_out = figures.tokens(account.key, week)
    differing = [home.journal.find(id) for id in figures.differing(account.key, week)]
    return {
        "drafts_today": sum(at >= today for at, _ in drafts),
        "drafts_week": len(drafts),
        "median_seconds": round(median(times), 1) if times else None,
        "tokens_in_week": tokens_in,
        "tokens_out_week": tokens_out,
        "differing": [{"id": job.id, "subject": title(job)} for job in differing],
    }
