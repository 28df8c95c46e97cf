"""From what imapclient, imaplib, ssl and the socket raise to mailbot's own errors."""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from imapclient.exceptions import IMAPClientAbortError, IMAPClientError

from mailbot.errors import Later, MailbotError, OwnerMustAct, Unknown

CODE = re.compile(r"\[([A-Z-]{1,32})")


class Rejection(MailbotError):
    """The server answered NO or BAD: the command had no effect. ``code`` is its response code (RFC 5530), or ""."""

    def __init__(self, text: str) -> None:
        found = CODE.search(text)
        super().__init__(text)
        self.text = text
        self.code = found.group(1) if found else ""


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
    except (IMAPClientAbortError, OSError) as error:
        raise broken(f"the connection to {host} broke: {sentence(error)}") from error
    except IMAPClientError as error:
        raise Rejection(sentence(error)) from error
    except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        # imapclient parses answers with these; the connection's state is then unknown.
        raise broken(f"{host} sent an answer that cannot be read: {sentence(error)}") from error


def sentence(error: BaseException) -> str:
    text = str(error) or type(error).__name__
    return "".join(c if c.isprintable() else " " for c in text)[:300]
