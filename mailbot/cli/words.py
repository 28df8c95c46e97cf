"""Jobs, times and foreign text as a terminal shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mailbot.job import Job
    from mailbot.wiring import Home


SHOWN = 80  # characters of a subject
AFTER_AN_ANSWER = frozenset({"answered", "appending", "drafted", "done"})  # job.State, which costs an import


def escaped(text: str) -> str:
    """Text from mails or servers, fit for a terminal: what cannot be printed is shown as \\x1b."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def shortened(text: str) -> str:
    """A subject that leaves room for the rest of the line; one may be 16,000 characters long."""
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 3]}..."


def when(home: Home, seconds: float | None) -> str:
    """A moment in the owner's zone, ISO 8601, or ""."""
    from datetime import datetime

    return datetime.fromtimestamp(seconds, home.config.zone).isoformat(timespec="seconds") if seconds else ""


def account_name(home: Home, key: str) -> str:
    return next((a.name for a in home.config.accounts if a.key == key), key)


def title(job: Job) -> str:
    """The subject by which the owner knows a job."""
    subject = job.draft.get("subject") or job.mail.get("subject", "")
    return "(no subject)" if subject in ("", "Re:") else subject


def why(home: Home, job: Job) -> str:
    """Why a job waits, is held, or ended without a draft; "" when there is nothing to say."""
    if job.waits_for:
        return f"{job.waits_for}; next try {when(home, job.until)}"
    return "" if job.state in AFTER_AN_ANSWER else job.reason  # of an earlier answer, which was of no use


def row(home: Home, job: Job) -> dict[str, Any]:
    """One job as ``list --json`` shows it (design, section 3)."""
    return {
        "id": job.id,
        "account": account_name(home, job.account),
        "state": str(job.state),
        "status": job.status,
        "reason": why(home, job),
        "from": job.draft.get("from", ""),
        "to": job.draft.get("to", ""),
        "cc": job.draft.get("cc", ""),
        "subject": job.draft.get("subject") or job.mail.get("subject", ""),
        "created": when(home, job.asked_at),
        "page": job.names.get("page", ""),
        "prompt": job.names.get("prompt", "") if job.shape else "",
        "message_id": job.mail.get("message_id", ""),
        "draft_message_id": job.draft.get("draft_message_id", ""),
        "generation": job.generation,
        "model": job.answer.get("model", ""),
        "tokens_in": job.tokens_in,
        "tokens_out": job.tokens_out,
    }
