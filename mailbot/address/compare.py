"""How addresses are compared, and which ones can be written. Pure.

Addresses are compared in one folded form: lower case, the domain in A-labels (RFC 5890), quotes that are not needed
taken off, the dots of Gmail too. Strictly the local part is case sensitive (RFC 5321, section 2.4), yet no provider
treats it so, and a double recipient is worse than a lost distinction.
This module knows nothing of headers or of who the owner is.
"""

from __future__ import annotations

import fnmatch
import re
import unicodedata
from collections.abc import Iterable
from itertools import pairwise

from mailbot.address import freemail
from mailbot.mail.address import a_label
from mailbot.mail.mail import Address

LONGEST = 500  # octets of one address, own choice: longer than any return path seen, and it fits one header line

_LOCAL = re.compile(r'[^\s()<>\[\]:;@\\,"\x00-\x1f\x7f-\x9f\ud800-\udfff]+')
_QUOTED_LOCAL = re.compile(r'"(?:[^"\\\x00-\x1f\x7f-\x9f\ud800-\udfff]|\\[\x20-\x7e])*"')  # RFC 5322, section 3.2.4
_ESCAPE = re.compile(r"\\(.)")
_DOMAIN = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*|\[[A-Za-z0-9.:_-]+\]")

_GMAIL = ("gmail.com", "googlemail.com")  # one service; it reads no dots (support.google.com/mail/answer/7436150)

_WORD = re.compile(r"[^\s<>()\[\]\"',;:]++")
_SIDE = 200  # characters of each side of an address
_BESIDE = re.compile(r"[^\w.+-]")  # what no local part has in common use: the marks of "*eve", "“eve"
_DOMAINS = (re.compile(r"[\w.-]+"), re.compile(r"[A-Za-z0-9.-]+"))  # in "x.example!", and in "x.example写道"

# Second-level labels below which countries register names: near enough for a remark, without a public suffix list.
_REGISTRY_LABELS = frozenset(("ac", "co", "com", "edu", "go", "gob", "gov", "ne", "net", "nom", "or", "org"))


def canonical(email: str) -> str:
    """The address with its domain in lower-case A-labels and its local part as written. A domain that cannot be one,
    such as a wildcard, stays as it is but for its case."""
    local, at, domain = email.strip().rpartition("@")
    return f"{local}{at}{a_label(domain) or domain.lower()}"


def fold(email: str) -> str:
    """The form in which two spellings of one address are equal: for comparing only, it may not be an address."""
    local, at, domain = canonical(email).lower().rpartition("@")
    if local.startswith('"') and local.endswith('"') and len(local) > 1:
        local = _ESCAPE.sub(r"\1", local[1:-1])
    if domain in _GMAIL:
        local, domain = local.replace(".", ""), _GMAIL[0]
    folded = f"{local}{at}{domain}"
    # A longer one is no address, and a run of marks takes the square of its length (UAX 15, 13).
    return unicodedata.normalize("NFC", folded) if len(folded) <= LONGEST else folded


def matches(pattern: str, email: str) -> bool:
    """Whether an address is the one named, or is in the domain named or below it; ``*`` in the pattern is anything but
    an ``@``."""
    return any_matches((pattern,), (email,))


def any_matches(patterns: Iterable[str], emails: Iterable[str]) -> bool:
    """Whether one of the addresses fits one of the patterns. A text may name 50,000: each is folded once."""
    masks = [_masks(pattern) for pattern in patterns]
    parts = (fold(email).rpartition("@") for email in emails)
    return any(
        fnmatch.fnmatchcase(domain, mask) and fnmatch.fnmatchcase(local, local_mask)
        for local, at, domain in parts
        if at
        for local_mask, domain_masks in masks
        for mask in domain_masks
    )


def _masks(pattern: str) -> tuple[str, tuple[str, ...]]:
    """Of the local part, and those of the domain."""
    local, _, domain = wildcards(fold(pattern if "@" in pattern else f"*@{pattern}")).rpartition("@")
    return local, (domain,) if "@" in pattern else (domain, f"*.{domain}")


def wildcards(pattern: str) -> str:
    """The pattern for fnmatch, in which only ``*`` is a wildcard."""
    return re.sub(r"[?\[]", r"[\g<0>]", pattern)


def named(text: str) -> list[str]:
    """The addresses in a text, each in all readings that its surroundings leave: what stands beside it without a blank
    may belong to it or not."""
    found: dict[str, None] = {}
    for word in _WORD.findall(text):
        for before, behind in pairwise(word.split("@")):
            local, domain = before[-_SIDE:], behind[:_SIDE]
            locals_ = (local, _BESIDE.split(local)[-1].lstrip("_.+-"))
            hosts = [host[0] for form in _DOMAINS if (host := form.match(domain))]
            found |= dict.fromkeys(f"{one}@{host}" for one in locals_ for host in hosts if one)
    return list(found)


def usable(email: str) -> bool:
    """Whether the address can stand in a header as it is. A raw UTF-8 local part can (RFC 6532); what looks like an
    encoded word cannot: some programs would decode it, and write to somebody else."""
    if len(email) > LONGEST or len(email.encode("utf-8", "replace")) > LONGEST or "=?" in email:
        return False
    local, _, domain = email.rpartition("@")
    local_fits = _LOCAL.fullmatch(local) or _QUOTED_LOCAL.fullmatch(local)
    return bool(local_fits and _DOMAIN.fullmatch(domain))


def distinct(addresses: Iterable[Address]) -> tuple[Address, ...]:
    """Each address once, as it was first written."""
    seen: dict[str, Address] = {}
    for address in addresses:
        seen.setdefault(fold(address.email), address)
    return tuple(seen.values())


def organisation(email: str) -> str:
    """The part of the domain that one organisation holds, by rule of thumb: ``shop.example`` of ``news.shop.example``,
    ``shop.co.uk`` of ``news.shop.co.uk``. At a provider of mailboxes for everybody it is the one address."""
    folded = fold(email)
    labels = folded.rpartition("@")[2].split(".")
    below_registry = len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _REGISTRY_LABELS
    held = labels[-3:] if below_registry else labels[-2:]
    return folded if freemail.is_one(".".join(labels)) else ".".join(held)
