"""What a single value of the config may be: addresses, hosts, networks, paths, modes, languages.

Each check takes a value and gives it back, made whole, or raises ValueError with a sentence that says what to write.
Refuses to know the keys (``config``) and pydantic. The only look outside is ``addresses``, and it can be replaced.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from mailbot.address.readers import ANYONE

Resolve = Callable[[str], Iterable[str]]
Network = IPv4Network | IPv6Network

LOOPBACK: tuple[Network, ...] = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
# RFC 1918, RFC 4193, and link-local (RFC 3927, RFC 4291): what stays in the house.
PRIVATE: tuple[Network, ...] = (
    *LOOPBACK,
    *map(ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16")),
    *map(ip_network, ("fc00::/7", "fe80::/10")),
)
_ADDRESS = re.compile(r"[^\s@<>()\[\],;:\"\\\x00-\x1f\x7f]+@[^\s@<>()\[\],;:\"\\*\x00-\x1f\x7f]+")
_DOMAIN = re.compile(r"[^\s@<>()\[\],;:\"\\*/\x00-\x1f\x7f]+\.[^\s@<>()\[\],;:\"\\*/.\x00-\x1f\x7f]+")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*")  # the part of BCP 47 (RFC 5646) that people write
_KEYWORD = re.compile(r"[!#$&'+,./0-9:;<=>?@A-Z\[^_`a-z|}~-]+")  # flag-keyword = atom, RFC 9051 section 9
OWN_KEYWORD = "$MailbotDrafted"


def addresses(host: str) -> tuple[str, ...]:
    """The IP addresses of a host name; () when it cannot be resolved."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return ()
    return tuple(sorted({str(entry[4][0]) for entry in found}))


def look_up(host: str, resolve: Resolve) -> tuple[str, ...]:
    """The addresses of a host: one that is an address is its own, "localhost" is always this machine (RFC 6761, 6.3);
    () where nobody knows the name."""
    host = host.strip("[]")
    try:
        _plain(host)
        return (host,)
    except ValueError:
        return ("127.0.0.1", "::1") if host.lower() == "localhost" else tuple(resolve(host))


def inside(host: str, networks: Iterable[Network], resolve: Resolve) -> bool:
    """Whether the host, or every address that its name resolves to, is in one of the networks. A name that cannot be
    resolved is in none."""
    return within(look_up(host, resolve), networks)


def leads_outside(host: str, resolve: Resolve) -> bool:
    """Whether an address of the host is neither loopback nor private. A name that nobody knows leads nowhere: after a
    power cut the name server may come up later than mailbot, and each call looks again."""
    found = look_up(host, resolve)
    return bool(found) and not within(found, PRIVATE)


def within(found: Iterable[str], networks: Iterable[Network]) -> bool:
    """Whether there is an address, and each is in one of the networks."""
    networks = tuple(networks)
    plain = [_plain(text) for text in found]
    return bool(plain) and all(any(address in network for network in networks) for address in plain)


def _plain(text: str) -> IPv4Address | IPv6Address:
    """An address without its zone, and IPv4 where IPv6 only wraps it: ``::ffff:8.8.8.8`` must not look local."""
    address = ip_address(text.partition("%")[0])
    return getattr(address, "ipv4_mapped", None) or address


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the values depend on: the home folder, the folder that relative paths count from, the name server."""

    home: Path
    folder: Path
    resolve: Resolve = addresses

    def path(self, value: str) -> str:
        """An absolute path, ``~`` expanded; "" stays ""."""
        if value == "":
            return ""
        if value == "~" or value.startswith(("~/", "~\\")):
            return str(self.home / value[2:])
        if value.startswith("~"):
            raise ValueError("can expand ~ only for yourself; write the full path")
        return str(self.folder.absolute() / value)


def base_url(value: str, resolve: Resolve) -> str:
    """An https URL, or an http one that does not lead out of the house."""
    try:
        url = urlsplit(value)
        host, _ = url.hostname or "", url.port
    except ValueError:
        host, url = "", urlsplit("")
    if url.scheme not in ("http", "https") or not host:
        raise ValueError('must be a web address, such as "https://api.openai.com/v1"')
    if url.username is not None or url.query or url.fragment:
        raise ValueError("must hold no password and nothing after ? or #; run 'mailbot secret set model'")
    if url.scheme == "http" and leads_outside(host, resolve):
        raise ValueError("uses http, which is only for loopback and private addresses; use https")
    return value


def authority(value: str) -> str:
    """The https URL of a server that signs people in; http only on this machine. "" stays ""."""
    try:
        url = urlsplit(value)
        host, _ = url.hostname or "", url.port
    except ValueError:
        host, url = "", urlsplit("")
    loopback = url.scheme == "http" and host and inside(host, LOOPBACK, lambda _: ())
    if value and not ((url.scheme == "https" and host) or loopback):
        raise ValueError('must be a web address, such as "https://login.microsoftonline.com/common"')
    if url.username is not None or url.query or url.fragment:
        raise ValueError("must hold no password and nothing after ? or #")
    return value


def client_id(value: str) -> str:
    """The id of an app registration; "" stays ""."""
    if not re.fullmatch(r"[\x21-\x7e]*", value):
        raise ValueError("must be the Application (client) ID of your app registration, without blanks")
    return value


def filled(value: object) -> object:
    """Anything but an empty text."""
    if value == "":
        raise ValueError("must not be empty; fill it in")
    return value


def mode(value: object) -> int:
    """File permissions from an octal string."""
    if not isinstance(value, str) or not re.fullmatch(r"(0o?)?[0-7]{3}", value):
        raise ValueError('must be an octal number in quotes, such as "0600"')
    bits = int(value, 8)
    if bits & 0o600 != 0o600:
        raise ValueError('must let the owner read and write, as "0600" does')
    return bits


def pattern(value: str) -> str:
    """A mail address, perhaps with ``*`` in its local part."""
    if not _ADDRESS.fullmatch(value):
        raise ValueError('must be a mail address and nothing else, such as "ada@example.org"')
    return value


def address(value: str) -> str:
    """One mail address."""
    if "*" in value:
        raise ValueError("must be one address, without *")
    return pattern(value)


def correspondent(value: str) -> str:
    """An address, or a domain for everybody there."""
    if not (_ADDRESS.fullmatch(value) and "*" not in value) and not _DOMAIN.fullmatch(value):
        raise ValueError('must be an address or a domain, such as "bo@example.net" or "example.net"')
    return value


def sender(value: str) -> str:
    """An address or a domain, each perhaps with ``*`` in it."""
    address, domain = value.replace("*", "x"), value.removeprefix("*.")
    if not _ADDRESS.fullmatch(address) and not _DOMAIN.fullmatch(domain):
        raise ValueError(
            'must be an address or a domain, such as "bo@example.net", "dr-*@example.net" or "example.net"'
        )
    return value


def reader(value: str) -> str:
    """An address, a domain, or "anyone"."""
    return value if value == ANYONE else correspondent(value)


def language(value: str) -> str:
    """A language code of two or three letters, or BCP 47; "" stays ""."""
    if value and not _LANGUAGE.fullmatch(value):
        raise ValueError('must be a language code, such as "en" or "pt-BR"')
    return value


def timezone(value: str) -> str:
    """A zone of the time zone database; "" stays ""."""
    try:
        return ZoneInfo(value).key if value else ""
    except (KeyError, ValueError, OSError):
        raise ValueError('must be a time zone, such as "Europe/Berlin"') from None


def time_of_day(value: str) -> str:
    """Hour and minute, as "07:30"; "" stays ""."""
    if value and not re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", value):
        raise ValueError('must be a time of day such as "07:30", or "" for none')
    return value


def host(value: str) -> str:
    """The name or address of a server."""
    if re.search(r"[\s/@]", value):
        raise ValueError('must be only the name of the server, such as "imap.example.org"')
    return value


def flag(value: str) -> str:
    """``\\Flagged`` or a keyword (RFC 9051 section 2.3.2)."""
    if value.lower() == "\\flagged":
        return "\\Flagged"
    if not _KEYWORD.fullmatch(value):
        raise ValueError('must be "\\\\Flagged" or a keyword: ASCII letters, digits, $, _ and -, without blanks')
    if value.lower() == OWN_KEYWORD.lower():
        raise ValueError("is the keyword that mailbot itself sets; choose another")
    return value


def account_name(value: str) -> str:
    """A short name, as in ``mailbot secret set home.imap``."""
    if not re.fullmatch(r"[a-z0-9-]+", value):
        raise ValueError('must be made of small letters, digits and hyphens, such as "home"')
    return value
