"""From what imapclient, imaplib, ssl and the socket raise to mailbot's own errors."""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from imapclient.exceptions import IMAPClientAbortError, IMAPClientError, IMAPClientReadOnlyError, ProtocolError

from mailbot.errors import Later, MailbotError, OwnerMustAct, Unknown

CODE = re.compile(r"\[([A-Z-]{1,32})")
# imaplib's own refusal to read on; it looks like one of the server's, but the rest of the line is still to come.
CUT_SHORT = re.compile(r"got more than \d+ bytes")

# What imapclient and imaplib put around the words of a server, which are all that the owner is to read.
WRAPPING = re.compile(r"(?:command: \w+ => |\w+(?: \w+)? failed: |\w+ command error: (?:NO|BAD) )?(.*)", re.DOTALL)
OCTETS = re.compile(r"\[?b(['\"])(.*)\1\]?")

# What servers say to a client that asks too much of them. Exchange Online names the time; Gmail, Dovecot and Yahoo
# only the reason. "Authenticated but not connected" is Exchange with about 20 connections open: seconds do not help.
NAMED_WAIT = re.compile(r"backoff time:? *(\d{1,15}) *milliseconds", re.IGNORECASE)
OVERRUN = re.compile(
    r"throttl|too many [a-z ]{0,20}(?:connections|sessions|requests|commands|attempts|logins)|"
    r"maximum number of connections|rate[ -]?limit|bandwidth limit|authenticated but not connected",
    re.IGNORECASE,
)
WAIT_USUAL = 300.0  # seconds, where the server names none
WAIT_MOST = 3600.0  # seconds: whatever a server names, it must not stop mailbot for ever


class Rejection(MailbotError):
    """The server answered NO or BAD: the command had no effect. ``code`` is its response code (RFC 5530), or ""."""

    def __init__(self, text: str) -> None:
        found = CODE.search(text)
        super().__init__(text)
        self.text = text
        self.code = found.group(1) if found else ""


class Busy(Later):
    """The server refused a command because it has too much to do: no effect, and it says nothing about the mailbox."""


@contextmanager
def translated(host: str = "the server", *, effect: bool = False) -> Iterator[None]:
    """Turns what imapclient, imaplib, ssl and the socket raise into mailbot's errors."""
    broken = Unknown if effect else Later
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        why = f"the certificate of {host} is not trusted: {error.verify_message}"
        hint = "Check host and port; name the server's own certificate with ca_file"
        raise OwnerMustAct("tls", why, hint) from error
    except IMAPClientReadOnlyError as error:  # a kind of abort to imaplib, though the connection is sound
        raise Rejection(f"[READ-ONLY] {sentence(error)}") from error
    except socket.gaierror as error:
        raise Later(f"the name {host} is not known: it is wrong, or there is no network") from error
    except (IMAPClientAbortError, OSError) as error:
        text = sentence(error)
        raise broken(f"the connection to {host} broke: {text}", after=wanted_wait(text)) from error
    except IMAPClientError as error:
        text = sentence(error)
        if isinstance(error, ProtocolError) or CUT_SHORT.search(text):
            raise broken(f"{host} sent an answer that cannot be read: {text}") from error
        if (wait := wanted_wait(text)) is not None:
            raise Busy(f"{host} wants to be left alone for a while: {text}", after=wait) from error
        raise Rejection(text) from error
    except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        # imapclient parses answers with these; the connection's state is then unknown.
        raise broken(f"{host} sent an answer that cannot be read: {sentence(error)}") from error


def wanted_wait(text: str) -> float | None:
    """Seconds for which a server wants to be left alone, by its words; None where they say nothing of it."""
    named = NAMED_WAIT.search(text)
    if named:
        return min(int(named[1]) / 1000, WAIT_MOST)
    return WAIT_USUAL if OVERRUN.search(text) else None


def sentence(error: BaseException) -> str:
    """What went wrong, in the server's own words where it said any, on one line."""
    first, _, _ = str(error).partition("\n\n")  # imapclient adds advice for programmers
    wrapped = WRAPPING.fullmatch(first)
    words = wrapped[1] if wrapped else first
    if octets := OCTETS.fullmatch(words):
        words = octets[2]
    words = words.strip() or ("it does not say why" if first else type(error).__name__)
    return "".join(c if c.isprintable() else " " for c in words)[:300]
