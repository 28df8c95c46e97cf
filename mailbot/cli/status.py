"""mailbot status: healthy or not, and per account what waits and why."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mailbot.cli import FAILED, OWNER
from mailbot.cli.options import config_option, home, json_option
from mailbot.cli.words import escaped, shortened, when

if TYPE_CHECKING:
    from mailbot.config import Account
    from mailbot.wiring import Home

LATE = 5  # polls missed by a running mailbot before status calls it unwell


@click.command("status")
@config_option
@json_option
def command(config_path: Path | None, as_json: bool) -> int:
    """Is all well? Per account: the last poll, open jobs, what waits and why."""
    with home(config_path) as place:
        accounts = [_account(place, account) for account in place.config.accounts]
        healthy = all(a["healthy"] for a in accounts)
        if as_json:
            click.echo(json.dumps({"healthy": healthy, "accounts": accounts}, ensure_ascii=False, indent=2))
        else:
            for account in accounts:
                click.echo(escaped(f"{account['account']}: {'ok' if account['healthy'] else 'NOT WELL'}"))
                for line in _lines(account):
                    click.echo(escaped(f"  {line}"))
        from mailbot.bot.trouble import BLOCKING

        blocked = any(t["kind"] in BLOCKING for a in accounts for t in a["troubles"])
        return 0 if healthy else OWNER if blocked else FAILED


def _account(place: Home, account: Account) -> dict[str, Any]:
    from mailbot import lock
    from mailbot.bot.trouble import BLOCKING, SCOPE

    poll = place.journal.noted("poll", account.key) or {"at": None, "ok": None, "error": ""}
    troubles = [
        {"kind": kind, "reason": t["reason"], "hint": t["hint"], "since": when(place, t["since"])}
        for kind, t in place.journal.notes(SCOPE + account.key).items()
        if not t["over"]
    ]
    running = lock.is_held(account.key, lock.folder(os.environ))
    late = running and poll["ok"] is not None and time.time() - poll["ok"] > LATE * place.config.schedule.every + 60
    open_jobs = place.journal.open_jobs(account.key)
    return {
        "account": account.name,
        "healthy": not poll["error"] and not late and not any(t["kind"] in BLOCKING for t in troubles),
        "running": running,
        "last_poll": when(place, poll["ok"]),
        "error": poll["error"],
        "open": len(open_jobs),
        "waiting": [
            {
                "id": job.id,
                "subject": job.mail.get("subject", ""),
                "reason": job.waits_for,
                "since": when(place, job.waiting_since),
                "until": when(place, job.until),
            }
            for job in open_jobs
            if job.waits_for
        ],
        "held": sum(job.account == account.key for job in place.journal.held_jobs()),
        "troubles": troubles,
    }


def _lines(account: dict[str, Any]) -> list[str]:
    runs = "runs" if account["running"] else "is not running"
    lines = [f"last good poll {account['last_poll'] or 'never'}; mailbot {runs}"]
    if account["error"]:
        lines.append(f"the last poll failed: {account['error']}")
    if account["open"]:
        lines.append(f"{account['open']} under way")
    for job in account["waiting"]:
        subject = shortened(job["subject"])
        lines.append(f"{job['id'][:8]} “{subject}” waits since {job['since']}: {job['reason']}")
        lines.append(f"         next try {job['until']}, or now with mailbot once --retry")
    if account["held"]:
        lines.append(f"{account['held']} held: mailbot list says why, mailbot release --all drafts them")
    for trouble in account["troubles"]:
        lines.append(f"since {trouble['since']}: {trouble['reason']}. {trouble['hint']}.")
    return lines
