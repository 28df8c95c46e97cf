"""What an APPEND of unknown outcome means. Pure.

Before an APPEND the journal records the UIDNEXT of Drafts, Sent and Trash. Afterwards, on a fresh connection and when
the old one can no longer deliver, the ids of all later mails tell: our id anywhere is proof that the draft was stored;
a Drafts folder without a gap and without our id is proof that it was not. (isync looks for its own id the same way.)
Only a gap leaves doubt: somebody took a mail away, perhaps our draft. Then a newer reply to the same mail counts as the
draft, sent or edited by its owner; else the draft is stored again.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from mailbot.job import Intent, Place

UNREADABLE_FOR = 86_400.0  # seconds that a folder may stay unreadable before the job parks
CLOCK_SLACK = 60.0  # seconds by which the server's clock may be behind ours, in a folder whose UIDs say nothing

REPLY_FOUND = "It is not certain that this draft was stored: a newer reply to the same mail was found in its place."
LEFT = "The draft had left Drafts before it could be read back."


@dataclass(frozen=True, slots=True)
class Stored:
    """One mail in Drafts, Sent or Trash, by its ids. ``arrived`` is its INTERNALDATE in seconds since the epoch."""

    uid: int
    message_id: str
    related: tuple[str, ...]  # In-Reply-To and References
    arrived: float


@dataclass(frozen=True, slots=True)
class Contents:
    """What a folder holds from the recorded UIDNEXT on (all of it, where UIDVALIDITY changed)."""

    folder: str
    uidvalidity: int
    uidnext: int
    mails: tuple[Stored, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """``stored`` decides; ``place`` is where the draft is, when that is known and still Drafts."""

    stored: bool
    place: Place | None = None
    remarks: tuple[str, ...] = ()


def resolve(
    intent: Intent, contents: Collection[Contents], *, draft_id: str, other_ids: Collection[str], original_id: str
) -> Finding:
    """``contents`` are those of every folder of the intent; ``other_ids`` the draft ids of the mail's other
    generations; ``original_id`` the Message-ID of the mail that is answered, or ""."""
    for folder in contents:
        for mail in folder.mails:
            if mail.message_id == draft_id:
                if folder.folder != intent.drafts.folder:
                    return Finding(True, None, (LEFT,))
                return Finding(True, Place(folder.folder, folder.uidvalidity, mail.uid))
    drafts = next(f for f in contents if f.folder == intent.drafts.folder)
    if drafts.uidvalidity == intent.drafts.uidvalidity and not _has_gap(intent, drafts):
        return Finding(False)
    recorded = {mark.folder: mark.uidvalidity for mark in (intent.drafts, *intent.others)}
    newer = (
        mail
        for folder in contents
        for mail in folder.mails
        if folder.uidvalidity == recorded[folder.folder] or mail.arrived >= intent.at - CLOCK_SLACK
    )
    if original_id and any(original_id in m.related and m.message_id not in other_ids for m in newer):
        return Finding(True, None, (REPLY_FOUND,))
    return Finding(False)


def _has_gap(intent: Intent, drafts: Contents) -> bool:
    """Whether a UID between the recorded UIDNEXT and the present one is missing (UIDs only rise: RFC 9051, 2.3.1.1)."""
    present = {m.uid for m in drafts.mails if intent.drafts.uidnext <= m.uid < drafts.uidnext}
    return len(present) < drafts.uidnext - intent.drafts.uidnext
