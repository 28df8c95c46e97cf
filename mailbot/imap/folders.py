"""Which folder is Drafts, Sent and Trash, and which are watched: by special-use (RFC 6154), without case; config
wins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mailbot.errors import OwnerMustAct
from mailbot.imap.answer import Folder

UNUSABLE = frozenset({"\\noselect", "\\nonexistent"})
# Names that people and servers give to Drafts: named as candidates, never taken without the owner's word.
LIKELY = ("draft", "entw", "brouillon", "borrador", "bozz", "concept", "rascunho", "szkic", "utkast", "taslak", "草稿")


@dataclass(frozen=True, slots=True)
class Roles:
    inbox: str
    drafts: str
    sent: str  # "": not found, so the owner's own answers are seen by \\Answered only
    trash: str  # "": not found, so doubles stay where they are
    everything: tuple[str, ...]  # where a moved mail is looked for once: All Mail, Archive
    watched: tuple[str, ...]
    starred: str  # Gmail's view of all starred mail, when that is watched: there no mail is that has no star; else ""
    missing: tuple[str, ...]  # configured, but not on the server

    @property
    def idled(self) -> str:
        """The one that IDLE watches: one connection sees one folder, and most flags are set in the first."""
        return self.watched[0] if self.watched else self.inbox


def roles(account: Any, folders: Sequence[Folder], *, gmail: bool, used_drafts: str) -> Roles:
    """``account`` is config.Account; ``used_drafts`` the Drafts folder of earlier runs, "" at first contact: it may
    have vanished (alpine deletes it when it takes the last draft out) and is then made again.

    Raises OwnerMustAct when there is no Drafts folder, naming the candidates."""
    usable = [f for f in folders if not f.attributes & UNUSABLE]
    names = {f.name for f in usable}

    def special(*attributes: str) -> str:
        return next((f.name for a in attributes for f in usable if a in f.attributes), "")

    drafts = account.drafts or special("\\drafts") or used_drafts
    if not drafts or (drafts not in names and drafts != used_drafts):
        raise _no_drafts(account.name, drafts, sorted(names))
    starred = special("\\flagged") if gmail else ""
    everything = tuple(dict.fromkeys(n for n in (special("\\all"), special("\\archive")) if n))
    if account.folders:
        watched = tuple(account.folders)
    elif starred:
        watched = (starred,)
    else:
        watched = tuple(dict.fromkeys(n for n in (_inbox(names), special("\\archive")) if n))
    return Roles(
        inbox=_inbox(names),
        drafts=drafts,
        sent=account.sent if account.sent in names else special("\\sent"),
        trash=account.trash if account.trash in names else special("\\trash"),
        everything=everything,
        watched=tuple(w for w in watched if w in names),
        starred=starred,
        missing=tuple(f for f in (*watched, account.sent, account.trash) if f and f not in names),
    )


def _inbox(names: set[str]) -> str:
    """INBOX is the one name that has no case (RFC 9051, 5.1)."""
    return next((n for n in names if n.upper() == "INBOX"), "INBOX")


def _no_drafts(account: str, wanted: str, names: list[str]) -> OwnerMustAct:
    likely = [n for n in names if any(word in n.lower() for word in LIKELY)] or names
    why = f"the server has no folder {wanted!r}" if wanted else "the server marks no folder as its Drafts folder"
    return OwnerMustAct(
        "drafts",
        f"account {account}: {why}",
        f"Set drafts under [[account]] in the config to one of: {', '.join(likely[:20]) or 'none is there, make one'}",
    )
