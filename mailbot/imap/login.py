"""Connects and logs in: TLS verified, no password where the server wants none, no look-alike of a wrong password."""

from __future__ import annotations

import re
import socket
import ssl
from contextlib import suppress
from typing import Any

import imapclient
from imapclient.exceptions import IMAPClientAbortError, IMAPClientError, LoginError

from mailbot.errors import Later, OwnerMustAct
from mailbot.imap import gate
from mailbot.imap.session import Session
from mailbot.imap.trouble import sentence, translated

CONNECT_TIMEOUT = 15.0  # seconds
READ_TIMEOUT = 60.0  # seconds; Outlook can be silent for half a minute while it throttles
# Refused logins that say nothing about the password (RFC 5530; Exchange, Gmail and Dovecot put it in words).
NOT_THE_PASSWORD = re.compile(
    r"UNAVAILABLE|INUSE|LIMIT|THROTTL|too many|temporar|try again|not connected|backoff|rate", re.IGNORECASE
)


def connect(imap: Any, secret: str, context: ssl.SSLContext | None) -> Session:
    """Connects and logs in. ``imap`` is config.Imap; ``context`` is shared between connections (one costs a
    megabyte)."""
    timeout = imapclient.SocketTimeout(connect=CONNECT_TIMEOUT, read=READ_TIMEOUT)
    with translated(imap.host):
        client = imapclient.IMAPClient(
            imap.host, imap.port, ssl=imap.security == "tls", ssl_context=context, timeout=timeout
        )
        try:
            # imapclient writes SEARCH and literals in pieces; held back (RFC 896), the second waits for a round trip.
            client.socket().setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if imap.security == "starttls":
                client.starttls(context)
            _login(client, imap, secret)
        except BaseException:
            with suppress(IMAPClientError, OSError):
                client.shutdown()
            raise
    return Session(client)


def tls_context(ca_file: str) -> ssl.SSLContext:
    """Verifies chain and name; ``ca_file`` for a home server's own certificate. Raises OwnerMustAct."""
    try:
        return ssl.create_default_context(cafile=ca_file or None)
    except (OSError, ssl.SSLError) as error:
        raise OwnerMustAct("tls", f"the certificates in {ca_file} cannot be read ({error})", "Check ca_file") from error


def _login(client: Any, imap: Any, secret: str) -> None:
    try:
        if imap.auth == "xoauth2":
            client.oauth2_login(gate.text(imap.user), gate.text(secret))
        elif client.has_capability("AUTH=PLAIN"):
            client.plain_login(gate.text(imap.user), gate.text(secret))
        elif client.has_capability("LOGINDISABLED"):
            raise OwnerMustAct(
                "login",
                f"{imap.host} takes no password from mailbot",
                'Set auth = "xoauth2", or make an app password if the provider has them',
            )
        else:
            quoted = imap.user.replace("\\", "\\\\").replace('"', '\\"')
            client.login(f'"{gate.text(quoted)}"', gate.ascii_text(secret))
    except LoginError as error:
        text = sentence(error)
        # imapclient makes a LoginError of a connection that breaks during the login, too.
        if isinstance(error.__context__, IMAPClientAbortError) or NOT_THE_PASSWORD.search(text):
            raise Later(f"{imap.host} does not let {imap.user} in for now: {text}") from error
        raise OwnerMustAct(
            "login",
            f"{imap.host} refused the login of {imap.user}: {text}",
            "Check user and password (many providers want an app password), then run mailbot check",
        ) from error
