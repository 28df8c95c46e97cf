"""An address, and an IMAP server as setup found it for that address."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Security = Literal["tls", "starttls", "none"]
Auth = Literal["password", "xoauth2"]

HOST_LENGTH = 253  # octets, RFC 1035 2.3.4
USER_LENGTH = 320  # characters: the longest address there can be (RFC 3696, 3)
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class Server:
    """``user`` is what the server wants as login name. ``told_by`` is who named the server, for the person to see."""

    host: str
    port: int
    security: Security
    user: str
    auth: Auth = "password"
    told_by: str = ""


def domain(address: str) -> str:
    """The domain of an address in the form of the name service (A-labels, lower case). Raises ValueError when it
    could not be one: it will stand in URLs and in DNS queries."""
    return host_name(address.rpartition("@")[2])


def host_name(text: str) -> str:
    """A host name in lower case. Raises ValueError for anything else, IP addresses and single words among it."""
    try:
        name = text.strip().rstrip(".").encode("idna").decode("ascii").lower()
    except UnicodeError:
        name = ""
    labels = name.split(".")
    if len(name) > HOST_LENGTH or len(labels) < 2 or labels[-1].isdigit() or not all(map(_LABEL.fullmatch, labels)):
        raise ValueError(f"not a host name: {text[:80]!r}")
    return name


def belongs(host: str, domain: str) -> bool:
    """Whether the owner of the domain decides about the host too: it is the domain, or a name below it."""
    return host == domain or host.endswith(f".{domain}")


def filled(template: str, address: str) -> str:
    """A user name with the placeholders of autoconfig. Raises ValueError when it cannot be one."""
    local, _, host = address.rpartition("@")
    text = template.replace("%EMAILADDRESS%", address).replace("%EMAILLOCALPART%", local)
    text = text.replace("%EMAILDOMAIN%", host).strip()
    if not text or len(text) > USER_LENGTH or not text.isprintable():
        raise ValueError("not a user name")
    return text
