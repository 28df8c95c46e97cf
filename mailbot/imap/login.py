"""Connects and logs in: TLS verified, no password where the server wants none, no look-alike of a wrong password."""

from __future__ import annotations

import imaplib
import re
import socket
import ssl
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import imapclient
from imapclient.exceptions import IMAPClientAbortError, IMAPClientError, LoginError

from mailbot.deadline import Deadline
from mailbot.errors import Later, OwnerMustAct
from mailbot.imap import gate
from mailbot.imap.breath import Asked
from mailbot.imap.session import Session
from mailbot.imap.trouble import Rejection, sentence, translated, wanted_wait

CONNECT_TIMEOUT = 15.0  # seconds for one address, and for the handshake of TLS
READ_TIMEOUT = 60.0  # seconds; Outlook can be silent for half a minute while it throttles
# Seconds for all of it, and as many for what follows until the folders are known. Ten round trips of five seconds and a
# throttled login fit in; several in a row are over before the service takes the round for one that hangs.
READY_WITHIN = 120.0
LINE_MOST = 16_000_000  # octets: the answer to a SEARCH that finds two million mails; imaplib gives up at one million
APPLE = b"XAPPLEPUSHSERVICE"  # iCloud's proxy names it, and puts it into other answers until it was asked (isync)
# Refused logins that are about the password although they are worded like a passing trouble (RFC 5530, 3).
THE_PASSWORD = re.compile(r"\[(?:AUTHENTICATIONFAILED|AUTHORIZATIONFAILED|EXPIRED|PRIVACYREQUIRED|CONTACTADMIN)\b")
# And those that say nothing about it.
NOT_THE_PASSWORD = re.compile(
    r"\[(?:UNAVAILABLE|INUSE|LIMIT|SERVERBUG)\b|temporar|try (?:again )?later|not available", re.IGNORECASE
)


def connect(imap: Any, secret: str, context: ssl.SSLContext | None) -> Session:
    """Connects and logs in. ``imap`` is config.Imap; ``context`` is shared between connections (one costs a
    megabyte)."""
    imaplib._MAXLINE = LINE_MOST  # type: ignore[attr-defined]
    try:
        with in_time(imap.host) as deadline, translated(imap.host):
            client = _greeted(imap, context, deadline)
            try:
                _take_textless_answers(client._imap)
                if imap.security == "starttls":
                    _start_tls(client, imap.host, context)
                    deadline.hold(client.socket())
                _login(client, imap, secret)
                return Session(client)
            except BaseException:
                with suppress(IMAPClientError, OSError):
                    client.shutdown()
                raise
    except Rejection as error:  # a BYE for a greeting, a NO to what comes before any work
        raise Later(f"{imap.host} does not let {imap.user} in for now: {error.text}") from error


@contextmanager
def in_time(host: str, cut: Callable[[], None] | None = None) -> Iterator[Deadline]:
    """What is done on the way to a session that works: over after READY_WITHIN, however slowly the server goes on.
    ``cut`` ends the wait. Raises Later then."""
    with Deadline(READY_WITHIN) as deadline:
        if cut is not None:
            deadline.hold(cut)
        try:
            yield deadline
        except Later as error:
            if deadline.expired:
                raise Later(f"{host} was not ready after {READY_WITHIN:g} seconds") from error
            raise


class _Library(imaplib.IMAP4):
    """imaplib, on a line that is there already: only so somebody else can end its wait for the greeting. It does not
    ask for capabilities that the greeting named (RFC 9051, 7.1), which would be a turn of every login, and keeps no
    record of the last lines, the password among them."""

    def __init__(self, host: str, line: socket.socket) -> None:
        self._line = line
        super().__init__(host)

    def _create_socket(self, timeout: float | None = None) -> socket.socket:
        return self._line

    def _get_capabilities(self) -> None:
        told = self.untagged_responses.pop("CAPABILITY", [b""])[-1]
        # What was told before TLS began counts for nothing.
        if not isinstance(told, bytes) or not told or APPLE in told or self._tls_established:
            super()._get_capabilities()  # type: ignore[misc]
        else:
            self.capabilities = tuple(told.decode("ascii", "replace").upper().split())

    def _refresh_capabilities(self, consume: bool = False) -> None:
        """Since 3.14 Python reads the greeting here (``consume``), and asks after a login, where imapclient does so."""
        if consume:
            self._get_capabilities()

    def _log(self, line: str) -> None:
        pass


class _Client(imapclient.IMAPClient):  # type: ignore[misc]
    """The same of imapclient."""

    def __init__(self, imap: Any, line: socket.socket) -> None:
        self._line = line
        timeout = imapclient.SocketTimeout(connect=CONNECT_TIMEOUT, read=READ_TIMEOUT)
        super().__init__(imap.host, imap.port, ssl=imap.security == "tls", timeout=timeout)
        self._imap.debug = 0  # imapclient has every line traced, for a log that is off: a quarter of a poll's CPU

    def _create_IMAP4(self) -> imaplib.IMAP4:  # noqa: N802 - the name is imapclient's
        return _Library(self.host, self._line)


def _greeted(imap: Any, context: ssl.SSLContext | None, deadline: Deadline) -> _Client:
    """A line on which the server has said hello. Where the port is one for another kind of line, the error says so."""
    line, where = _connected(imap, deadline), f"port {imap.port} of {imap.host}"
    deadline.hold(line)
    try:
        if imap.security == "tls":
            assert context is not None, "TLS has its certificates"
            line = context.wrap_socket(line, server_hostname=imap.host)
            deadline.hold(line)
        return _Client(imap, line)
    except ssl.SSLCertVerificationError:
        raise
    except ssl.SSLError as error:
        why = (error.reason or "it broke").lower().replace("_", " ")
        hint = 'a port that begins without TLS, as 143 mostly does, wants security = "starttls"'
        raise Later(f"{where} does not speak TLS as it should ({why}); {hint}") from error
    except TimeoutError as error:
        if imap.security == "tls":
            raise
        hint = 'a port for TLS, as 993 mostly is, wants security = "tls"'
        raise Later(f"{where} took the connection and says nothing; {hint}") from error


def _connected(imap: Any, deadline: Deadline) -> socket.socket:
    """A line to the first address of the host that takes one, as long as there is time."""
    trouble: OSError = TimeoutError("timed out")
    for family, kind, protocol, _, address in socket.getaddrinfo(imap.host, imap.port, type=socket.SOCK_STREAM):
        if deadline.expired:
            break
        line = socket.socket(family, kind, protocol)
        try:
            # imapclient writes SEARCH and literals in pieces; held back (RFC 896), the second waits a round trip.
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            line.settimeout(CONNECT_TIMEOUT)
            line.connect(address)
        except OSError as error:
            line.close()
            trouble = error
        else:
            return line
    if isinstance(trouble, ConnectionRefusedError):
        reason = f"nothing listens at port {imap.port} of {imap.host}: it is the wrong port or host, or it is down"
        raise Later(reason) from trouble
    raise trouble


def _start_tls(client: Any, host: str, context: ssl.SSLContext | None) -> None:
    """From here on all is encrypted. What was said in plain text before counts for nothing (CVE-2011-0411)."""
    if not client.has_capability("STARTTLS"):
        # Whoever sits between can take the word out of the server's list: never go on in plain text.
        raise OwnerMustAct(
            "tls",
            f"{host} offers no STARTTLS, so the password was not sent",
            'Set security = "tls" (port 993); if it offered STARTTLS before, somebody may listen',
        )
    client.starttls(context)


def _take_textless_answers(library: Any) -> None:
    """A tagged OK has a text behind it (RFC 9051, 7.1); iCloud and Fastmail leave it out at times, and imaplib up to
    Python 3.13 takes that for nonsense."""
    tag = b"(?P<tag>" + library.tagpre + rb"\d+)"
    library.tagre = re.compile(tag + rb" (?P<type>[A-Z]+) ?(?P<data>.*)", re.ASCII)


def tls_context(ca_file: str) -> ssl.SSLContext:
    """Verifies chain and name; ``ca_file`` for a home server's own certificate, or the authority that signed it. Raises
    OwnerMustAct."""
    try:
        context = ssl.create_default_context(cafile=ca_file or None)
    except OSError as error:
        why = "it is no certificate in PEM form" if isinstance(error, ssl.SSLError) else error.strerror
        raise OwnerMustAct("tls", f"the certificates in {ca_file} cannot be read ({why})", "Check ca_file") from error
    if ca_file:
        # Python 3.13 holds all certificates to the letter of RFC 5280, which an authority made at home with the usual
        # recipes does not keep; and only from then on is the file of a signed certificate enough. Here both always.
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return context


def _login(client: Any, imap: Any, secret: str) -> None:
    by_command = imap.auth != "xoauth2" and not client.has_capability("AUTH=PLAIN")
    if by_command and client.has_capability("LOGINDISABLED"):
        raise OwnerMustAct(
            "login",
            f"{imap.host} takes no password from mailbot",
            'Set auth = "xoauth2", or make an app password if the provider has them',
        )
    user, word = _sayable(imap, secret, gate.ascii_text if by_command else gate.text)
    try:
        if imap.auth == "xoauth2":
            client.oauth2_login(user, word)
        elif by_command:
            quoted = user.replace("\\", "\\\\").replace('"', '\\"')
            client.login(f'"{quoted}"', word)
        elif client.has_capability("SASL-IR"):
            _plain_at_once(client, user, word)
        else:
            client.plain_login(user, word)
    except LoginError as error:
        raise _refused(imap, error, word) from error


def _plain_at_once(client: Any, user: str, word: str) -> None:
    """AUTHENTICATE PLAIN with what the server would ask for, without waiting until it does (RFC 4959)."""
    initial = b64encode(f"\0{user}\0{word}".encode()).decode()
    try:
        Asked(client, "AUTHENTICATE", "PLAIN", initial).answer()
    except IMAPClientError as error:
        raise LoginError(str(error)) from error
    client._imap.state = "AUTH"


def _sayable(imap: Any, secret: str, gated: Callable[[str], str]) -> tuple[str, str]:
    """User name and secret, which have passed the gate. Its own words would tell the secret."""
    try:
        return gated(imap.user), gated(secret)
    except ValueError:
        raise OwnerMustAct(
            "login",
            f"the user name or the password for {imap.host} has a character that this server cannot be told",
            "Only ASCII will do here; many providers make app passwords of such characters",
        ) from None


def _refused(imap: Any, error: LoginError, secret: str) -> Later | OwnerMustAct:
    """Whether time mends it or the owner must. A wrong password that is tried for ever locks the account. Some servers
    repeat what they were sent."""
    text = sentence(error).replace(secret or "\0", "***").rstrip(". ")
    wait = wanted_wait(text)
    # imapclient makes a LoginError of a connection that breaks during the login, too.
    broke = isinstance(error.__context__, IMAPClientAbortError)
    if broke or wait is not None or (NOT_THE_PASSWORD.search(text) and not THE_PASSWORD.search(text)):
        return Later(f"{imap.host} does not let {imap.user} in for now: {text}", after=wait)
    hint = "Check user and password (many providers want an app password), then run mailbot check"
    if imap.auth == "xoauth2":
        hint = f"See that it was {imap.user} who signed in, and that IMAP is switched on there; then run mailbot check"
    return OwnerMustAct("login", f"{imap.host} refused the login of {imap.user}: {text}", hint)
