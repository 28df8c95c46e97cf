"""What a SEARCH looks for, as the words of the command (RFC 9051, 6.4.4). All that comes from elsewhere passes the
gate."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from imapclient.datetime_util import format_criteria_date

from mailbot.imap import gate


def flagged(flag: str) -> str:
    """Mails that carry the flag and are not marked as deleted."""
    what = "FLAGGED" if flag.lower() == "\\flagged" else f"KEYWORD {gate.flag(flag)}"
    return f"{what} UNDELETED"


def uids_from(uid: int) -> str:
    """Also the last mail of the folder, when that has a lower UID."""
    return f"UID {int(uid)}:*"


def with_message_id(message_id: str) -> str:
    """Also mails whose Message-ID contains this one."""
    return f"HEADER Message-ID {gate.quoted(message_id)}"


def with_thread_id(item: str, thread: str) -> str:
    """Mails of a thread that are not marked as deleted. ``item``: by what the server tells threads apart."""
    return f"{item} {gate.flag(thread)} UNDELETED"


def related(ids: Sequence[str], since: date) -> str:
    """Mails that carry one of the ids in Message-ID, In-Reply-To or References, arrived on that day or later and are
    not marked as deleted."""
    keys = [f"HEADER {field} {gate.quoted(i)}" for i in ids for field in ("Message-ID", "References")]
    keys += [f"HEADER In-Reply-To {gate.quoted(i)}" for i in ids[:1]]  # for clients that write no References
    either = "OR " * (len(keys) - 1) + " ".join(keys)
    return f"SINCE {format_criteria_date(since).decode()} UNDELETED {either}"
