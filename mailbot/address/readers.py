"""Who may read what: addresses and domains as the owner writes them into the config, against the readers of a reply.

The readers are its final recipients, To and Cc, as code chose them; the sender of the mail is none of them when replies
go elsewhere. No readers means that nobody is known yet, and then nothing is for them.
"""

from __future__ import annotations

from collections.abc import Iterable

from mailbot.address.compare import fold
from mailbot.mail.address import a_label

ANYONE = "anyone"  # in share_with: whoever gets a reply may read it


def fits(match: str, email: str) -> bool:
    """Whether the address is the one named, or in the domain named: that very domain, none below it."""
    if "@" in match:
        return fold(match) == fold(email)
    return email.rpartition("@")[2].lower() == (a_label(match) or match.lower())


def may_read(share_with: Iterable[str], readers: Iterable[str]) -> bool:
    """Whether there is a reader, and every one of them is meant."""
    everybody = tuple(readers)
    named = tuple(share_with)
    return bool(everybody) and all(any(one == ANYONE or fits(one, reader) for one in named) for reader in everybody)
