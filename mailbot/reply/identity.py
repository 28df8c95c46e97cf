"""Which addresses are the owner's, and as whom a reply is written. Pure.

Headers that name an own address can be written by anybody, so they only choose among the addresses of the config; they
never add one. This module does not know who else gets the reply.
"""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mailbot.address.compare import canonical, fold, usable, wildcards
from mailbot.mail.mail import Mail

if TYPE_CHECKING:
    from mailbot.config import Account, Identity, Owner


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """Who writes: the From of a draft, and what the owner says about that role. ``language`` is for when the language
    of the mail cannot be told."""

    address: str
    name: str
    signature: str
    about: str
    language: str


def owner_addresses(account: Account) -> tuple[str, ...]:
    """The account's address and its aliases, each once; wildcards as they are written in the config."""
    return tuple(dict.fromkeys(canonical(own) for own in (account.address, *account.aliases)))


def is_own(account: Account, email: str) -> bool:
    """Whether the address is the account's, an alias, matched by a wildcard alias, or a plus form of one of them."""
    return _written(account, email) != ""


def choose(mail: Mail, account: Account, owner: Owner) -> Voice:
    """The voice of the address that the mail was sent to, else of the account's own address (design, section 6)."""
    address = _sent_to(mail, account)
    identity = _identity(account, fold(address))
    if identity is not None:
        return Voice(
            address=address,
            name=identity.name or owner.name,
            signature=identity.signature or owner.signature,
            about=identity.about or owner.about,
            language=identity.language or owner.language,
        )
    return Voice(
        address=address, name=owner.name, signature=owner.signature, about=owner.about, language=owner.language
    )


def _identity(account: Account, folded: str) -> Identity | None:
    """The identity of this very address, else the one whose plus form it is."""
    exact = (i for i in account.identities if _matches(i.address, folded))
    plus_form = (i for i in account.identities if _is_plus_form(fold(i.address), folded))
    return next(exact, None) or next(plus_form, None)


def _sent_to(mail: Mail, account: Account) -> str:
    """The delivery trace comes first. A trace that names nothing but the account's address is what a server leaves that
    rewrites aliases; then a single own alias in To or Cc says more."""
    default = canonical(account.address)
    trace = _own(account, mail.delivered)
    named = _own(account, tuple(a.email for a in mail.to + mail.cc))
    if trace and trace != (default,):
        return trace[0]
    if trace:
        return named[0] if len(named) == 1 else default
    return named[0] if named else default


def _own(account: Account, emails: tuple[str, ...]) -> tuple[str, ...]:
    """The own addresses among these, as From would carry them, each once."""
    return tuple(dict.fromkeys(own for email in emails if (own := _written(account, email))))


def _written(account: Account, email: str) -> str:
    """The own address that ``email`` stands for, as From would carry it: the one in the config, or what a wildcard
    matched as it was addressed. "" when it is somebody else's."""
    folded = fold(email)
    plain = tuple(own for own in owner_addresses(account) if "*" not in own)
    for own in plain:
        if fold(own) == folded:
            return own
    if any(_matches(alias, folded) for alias in account.aliases if "*" in alias):
        return canonical(email) if usable(canonical(email)) else canonical(account.address)
    for own in plain:
        if _is_plus_form(fold(own), folded):
            return own
    return ""


def _is_plus_form(own: str, folded: str) -> bool:
    """``ada+anything@example.org`` of ``ada@example.org`` (subaddressing, RFC 5233)."""
    local, _, domain = own.rpartition("@")
    return folded.startswith(f"{local}+") and folded.endswith(f"@{domain}")


def _matches(pattern: str, folded: str) -> bool:
    """Local part and domain by themselves, so that a ``*`` never reaches across the ``@``. Only ``*`` is a wildcard."""
    mask_local, _, mask_domain = wildcards(fold(pattern)).rpartition("@")
    local, at, domain = folded.rpartition("@")
    return bool(at) and fnmatch.fnmatchcase(local, mask_local) and fnmatch.fnmatchcase(domain, mask_domain)
