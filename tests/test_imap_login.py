"""Getting in: passwords, tokens, certificates, and servers that let nobody in for now."""

from __future__ import annotations

import socket
import ssl
import subprocess
import threading
from base64 import b64encode
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from bench.wire import Wire
from dovecot import Dovecot
from running import SOON
from scripted import Scripted

from mailbot.errors import Later, MailbotError, OwnerMustAct
from mailbot.imap import login
from mailbot.imap.login import connect, tls_context
from mailbot.imap.session import Session
from mailbot.imap.trouble import WAIT_USUAL

COMMAND_ONLY = ["IMAP4rev1", "IDLE", "UIDPLUS"]  # no AUTH=PLAIN: LOGIN it is


def imap(server: Any, **changes: Any) -> Any:
    values = {"host": server.host, "port": server.port, "security": "none", "user": "ada", "auth": "password"}
    return SimpleNamespace(**{**values, **changes})


def wired(wire: Wire) -> SimpleNamespace:
    return SimpleNamespace(host="127.0.0.1", port=wire.port)


def refused(server: Any, secret: str, **changes: Any) -> MailbotError:
    with pytest.raises(MailbotError) as caught:
        connect(imap(server, **changes), secret, None)
    assert secret not in str(caught.value)
    return caught.value


# Refused logins, as real servers word them


def test_a_login_takes_one_turn_where_the_server_greets_with_what_it_can(dovecot: Dovecot) -> None:
    user = dovecot.user()
    with Wire(dovecot.port) as wire:
        session = connect(imap(wired(wire), user=user), dovecot.password, None)
        session.close()

        assert [turn.commands for turn in wire.lines[0].turns] == [["AUTHENTICATE"], ["LOGOUT"]]


@pytest.mark.parametrize("capabilities", [None, COMMAND_ONLY])
def test_the_password_is_not_kept_once_it_was_said(scripted: Scripted, capabilities: list[str] | None) -> None:
    scripted.capabilities = capabilities or scripted.capabilities
    initial = b64encode(f"\0ada\0{scripted.password}".encode()).decode()

    session = connect(imap(scripted), scripted.password, None)

    kept = repr([vars(session), vars(session._client), vars(session._client._imap)])
    assert scripted.password not in kept
    assert initial not in kept
    session.close()


@pytest.mark.parametrize(
    ("greeting", "asked"),
    [
        (b"* OK hello", True),
        (b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] hello", False),
        (b"* OK [CAPABILITY IMAP4rev1 XAPPLEPUSHSERVICE AUTH=PLAIN] iCloud", True),
    ],
)
def test_a_server_is_asked_what_it_can_when_its_greeting_does_not_say(
    scripted: Scripted, greeting: bytes, asked: bool
) -> None:
    scripted.greeting = greeting

    connect(imap(scripted), scripted.password, None).close()

    words = [line.split()[1] for _, line in scripted.log]
    assert (words[0] == "CAPABILITY") is asked
    assert "AUTHENTICATE" in words


@pytest.mark.parametrize(
    ("capabilities", "command"), [(["IMAP4rev1", "AUTH=PLAIN"], "AUTHENTICATE"), (COMMAND_ONLY, "LOGIN")]
)
def test_a_server_is_asked_once_before_and_once_after_the_login_when_it_tells_nothing(
    scripted: Scripted, capabilities: list[str], command: str
) -> None:
    scripted.capabilities = capabilities

    connect(imap(scripted), scripted.password, None).close()

    assert [line.split()[1] for _, line in scripted.log][:3] == ["CAPABILITY", command, "CAPABILITY"]
    assert sum("CAPABILITY" in line for _, line in scripted.log) == 2


def test_a_password_is_sent_at_once_only_where_the_server_takes_it_so(scripted: Scripted) -> None:
    for more in ([], ["SASL-IR"]):
        scripted.capabilities = ["IMAP4rev1", "AUTH=PLAIN", *more]
        connect(imap(scripted), scripted.password, None).close()

    logins = [line.split()[2:] for _, line in scripted.log if "AUTHENTICATE" in line]
    assert [len(words) for words in logins] == [1, 2]


@pytest.mark.case(22)
@pytest.mark.parametrize(
    "answer",
    [
        b"NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)",  # Gmail; an expired token too
        b"NO [AUTHENTICATIONFAILED] Authentication failed. Please try again later.",
        b"NO [ALERT] Application-specific password required: https://support.google.com/accounts/answer/185833",
        b"NO [AUTHORIZATIONFAILED] Please generate an app-specific password",
        b"NO LOGIN failed.",  # Exchange Online
        b"NO AUTHENTICATE failed.",
        b"NO [EXPIRED] That password isn't any good any more",
        b"NO [CONTACTADMIN] Account is locked",
        b"NO Login failed: wrong user name or password, try again",
        b"BAD invalid command",
    ],
)
def test_a_refusal_that_time_does_not_mend_is_the_owners(scripted: Scripted, answer: bytes) -> None:
    for capabilities, command in ((scripted.capabilities, "AUTHENTICATE"), (COMMAND_ONLY, "LOGIN")):
        scripted.capabilities = capabilities
        scripted.fault(command, when="before", then=answer)
        error = refused(scripted, scripted.password)
        assert isinstance(error, OwnerMustAct)
        assert error.kind == "login"


@pytest.mark.case(22)
@pytest.mark.parametrize(
    ("answer", "seconds"),
    [
        (b"NO [UNAVAILABLE] Temporary authentication failure.", None),
        (b"NO [INUSE] Mailbox in use", None),
        (b"NO [LIMIT] LOGIN Rate limit hit", WAIT_USUAL),
        (b"NO [UNAVAILABLE] Maximum number of connections from user+IP exceeded", WAIT_USUAL),  # Dovecot 2.3
        (b"NO [LIMIT] Maximum number of connections from user+IP exceeded", WAIT_USUAL),  # Dovecot 2.4
        (b"NO [ALERT] Too many simultaneous connections. (Failure)", WAIT_USUAL),
        (b"NO [AUTHENTICATIONFAILED] Too many login attempts, wait", WAIT_USUAL),
        (b"BAD User is authenticated but not connected.", WAIT_USUAL),
        (b"NO Server is temporarily unavailable", None),
        (b"NO Internal error, please try later", None),
        (b"BAD Request is throttled. Suggested Backoff Time: 9000 milliseconds", 9.0),
    ],
)
def test_a_refusal_that_says_nothing_of_the_password_is_waited_out(
    scripted: Scripted, answer: bytes, seconds: float | None
) -> None:
    scripted.fault("AUTHENTICATE", when="before", then=answer)

    error = refused(scripted, scripted.password)

    assert isinstance(error, Later)
    assert error.after == seconds


@pytest.mark.case(22)
@pytest.mark.parametrize(
    "greeting", [b"* BYE Too many connections, try later", b"* BYE", b"220 smtp.example ESMTP", b""]
)
def test_a_server_that_does_not_greet_is_waited_out(scripted: Scripted, greeting: bytes) -> None:
    scripted.fault("GREETING", when="before", then=greeting)

    assert isinstance(refused(scripted, scripted.password), Later)


@pytest.mark.case(22)
def test_where_login_is_disabled_no_password_is_sent(scripted: Scripted) -> None:
    scripted.capabilities = ["IMAP4rev1", "LOGINDISABLED", "AUTH=XOAUTH2"]

    error = refused(scripted, scripted.password)

    assert isinstance(error, OwnerMustAct)
    assert "xoauth2" in error.hint
    assert not any("LOGIN" in line or "AUTHENTICATE" in line for _, line in scripted.log)


@pytest.mark.case(22)
@pytest.mark.parametrize("secret", ["pässwörd", "密码", 'quo"te', "back\\slash", "with blank", "{3}", "*", "(a)", ""])
def test_any_password_is_told_as_it_is(scripted: Scripted, secret: str) -> None:
    scripted.password = secret

    connect(imap(scripted), secret, None).close()


@pytest.mark.case(22)
@pytest.mark.parametrize("user", ["ada lovelace", 'ada "the countess"', "back\\slash", "ada+tag@example.org"])
@pytest.mark.parametrize("secret", ['quo"te', "back\\slash", "with blank", "{3}"])
def test_any_user_and_any_ascii_password_pass_the_login_command(scripted: Scripted, user: str, secret: str) -> None:
    scripted.password, scripted.capabilities = secret, COMMAND_ONLY

    connect(imap(scripted, user=user), secret, None).close()

    (line,) = [line for _, line in scripted.log if " LOGIN " in line]
    assert line.count("LOGIN") == 1


@pytest.mark.case(22)
@pytest.mark.parametrize("secret", ["pässwörd", "a\r\nX1 DELETE INBOX", "a\0b", "a\nb"])
def test_a_password_that_no_command_can_carry_is_the_owners_and_is_not_repeated(
    scripted: Scripted, secret: str
) -> None:
    scripted.capabilities = COMMAND_ONLY

    error = refused(scripted, secret)

    assert isinstance(error, OwnerMustAct)
    assert error.kind == "login"
    assert not any("LOGIN" in line for _, line in scripted.log)


@pytest.mark.case(22)
def test_a_token_is_told_and_an_expired_one_is_the_owners(scripted: Scripted) -> None:
    scripted.capabilities = ["IMAP4rev1", "AUTH=XOAUTH2", "SASL-IR"]
    connect(imap(scripted, auth="xoauth2"), scripted.password, None).close()

    error = refused(scripted, "expired-token", auth="xoauth2")

    assert isinstance(error, OwnerMustAct)
    assert error.kind == "login"


@pytest.mark.case(17)
def test_capabilities_are_those_after_the_login(scripted: Scripted) -> None:
    """iCloud and Outlook tell them only then; others offer less before."""
    plain = scripted.capabilities
    scripted.capabilities = ["IMAP4rev1", "AUTH=PLAIN", "ID"]

    def grow(answer: bytes) -> bytes:
        scripted.capabilities = plain
        return answer

    scripted.fault("AUTHENTICATE", when="after", then=grow)
    session = connect(imap(scripted), scripted.password, None)

    assert {"IDLE", "MOVE", "UIDPLUS"} <= session.capabilities
    session.close()


# TLS


KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
LOOPBACK = "DNS:localhost,IP:127.0.0.1"
# openssl x509 can date a certificate back only since 3.4; openssl ca always could.
AUTHORITY = """\
[ca]
default_ca = own
[own]
database = index.txt
new_certs_dir = .
rand_serial = yes
default_md = sha256
copy_extensions = copy
policy = any
[any]
commonName = supplied
"""


def openssl(folder: Path, *words: str) -> None:
    subprocess.run(["openssl", *words], check=True, capture_output=True, cwd=folder)


def serving(folder: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context


def certificate(folder: Path, *, names: str = LOOPBACK, until: str = "20991231") -> ssl.SSLContext:
    """A server's context with a certificate of its own, which is in ``folder``/cert.pem and good from 2020 on."""
    (folder / "index.txt").touch()
    (folder / "ca.cnf").write_text(AUTHORITY)
    usage = ("-addext", "keyUsage=critical,digitalSignature,keyCertSign", "-addext", f"subjectAltName={names}")
    openssl(folder, "req", "-new", *KEY, "-subj", "/CN=localhost", *usage, "-keyout", "key.pem", "-out", "request.pem")
    dates = ("-startdate", "20200101000000Z", "-enddate", f"{until}000000Z")
    files = ("-config", "ca.cnf", "-selfsign", "-keyfile", "key.pem", "-in", "request.pem", "-out", "cert.pem")
    openssl(folder, "ca", "-batch", "-notext", *dates, *files)
    return serving(folder)


@pytest.mark.case(23)
@pytest.mark.parametrize(
    ("until", "names", "trusted", "words"),
    [
        ("20200102", LOOPBACK, True, "expired"),
        ("20991231", "DNS:mail.example.org", True, "IP address mismatch"),
        ("20991231", LOOPBACK, False, "self-signed"),
    ],
)
def test_a_certificate_that_proves_nothing_is_the_owners_and_no_password_is_sent(
    tmp_path: Path, until: str, names: str, trusted: bool, words: str
) -> None:
    with Scripted(certificate(tmp_path, until=until, names=names)) as server:
        ours = tls_context(str(tmp_path / "cert.pem") if trusted else "")
        with pytest.raises(OwnerMustAct, match=words) as caught:
            connect(imap(server, security="tls"), server.password, ours)

    assert caught.value.kind == "tls"
    assert server.log == []


@pytest.mark.case(23)
def test_a_certificate_of_the_owners_own_is_trusted_by_its_file(tmp_path: Path) -> None:
    with Scripted(certificate(tmp_path)) as server:
        ours = tls_context(str(tmp_path / "cert.pem"))
        connect(imap(server, security="tls"), server.password, ours).close()


@pytest.mark.case(23)
@pytest.mark.parametrize("named", ["authority.pem", "cert.pem"])
def test_a_certificate_is_trusted_by_an_authority_of_the_owners_or_by_its_own_file(tmp_path: Path, named: str) -> None:
    """Made as the usual recipes say, which name neither the uses nor the keys that RFC 5280 asks for; Python 3.13 does.
    Before 3.13 the file of a certificate that somebody else signed proved nothing."""
    authority = ("-keyout", "authority.key", "-out", "authority.pem")
    request = ("-addext", f"subjectAltName={LOOPBACK}", "-keyout", "key.pem", "-out", "request.pem")
    signed = ("-CA", "authority.pem", "-CAkey", "authority.key", "-CAcreateserial", "-copy_extensions", "copy")
    openssl(tmp_path, "req", "-x509", *KEY, "-subj", "/CN=Home", *authority)
    openssl(tmp_path, "req", "-new", *KEY, "-subj", "/CN=localhost", *request)
    openssl(tmp_path, "x509", "-req", "-in", "request.pem", *signed, "-out", "cert.pem")

    with Scripted(serving(tmp_path)) as server:
        connect(imap(server, security="tls"), server.password, tls_context(str(tmp_path / named))).close()


@pytest.mark.case(23)
def test_starttls_protects_the_password_on_dovecot(dovecot: Dovecot) -> None:
    where = imap(dovecot, security="starttls", user=dovecot.user())

    session: Session = connect(where, dovecot.password, tls_context(str(dovecot.ca_file)))

    assert isinstance(session._client.socket(), ssl.SSLSocket)
    session.close()


@pytest.mark.parametrize(
    ("port", "security", "words"),
    [
        ("port", "tls", 'wants security = "starttls"'),
        ("tls_port", "none", 'wants security = "tls"'),
        ("tls_port", "starttls", 'wants security = "tls"'),
    ],
)
def test_a_port_of_the_other_kind_is_named_with_what_it_wants(
    dovecot: Dovecot, monkeypatch: pytest.MonkeyPatch, port: str, security: str, words: str
) -> None:
    if port == "tls_port":  # it waits for what never comes
        monkeypatch.setattr(login, "CONNECT_TIMEOUT", 0.5)
    where = imap(dovecot, port=getattr(dovecot, port), security=security)

    with pytest.raises(Later, match=words) as caught:
        connect(where, "secret", tls_context(str(dovecot.ca_file)))

    assert f"port {where.port} of 127.0.0.1" in str(caught.value)
    assert "_ssl.c" not in str(caught.value)


def test_a_port_that_nobody_listens_at_is_named() -> None:
    with pytest.raises(Later, match=r"nothing listens at port 1 of 127\.0\.0\.1"):
        connect(imap(SimpleNamespace(host="127.0.0.1", port=1)), "secret", None)


@pytest.mark.parametrize(("text", "words"), [(None, "No such file"), ("hello", "no certificate in PEM form")])
def test_a_file_without_certificates_is_named_with_what_is_wrong(tmp_path: Path, text: str | None, words: str) -> None:
    if text is not None:
        (tmp_path / "ca.pem").write_text(text)

    with pytest.raises(OwnerMustAct, match=words):
        tls_context(str(tmp_path / "ca.pem"))


HELLO = b"* OK hello\r\n"


class Between:
    """Somebody on the line, who answers in plain text what ``answers`` says, and then talks TLS with a certificate
    that is trusted. ``heard`` is every octet that came."""

    host = "127.0.0.1"

    def __init__(
        self, answers: dict[bytes, bytes], context: ssl.SSLContext, greeting: bytes = b"* OK hello\r\n"
    ) -> None:
        self.answers, self.greeting, self.heard = answers, greeting, b""
        self._context = context
        self._listener = socket.create_server((self.host, 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Between:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._listener.close()
        self._thread.join()

    def _run(self) -> None:
        with suppress(OSError):
            line, _ = self._listener.accept()
            line.settimeout(SOON)
            line.sendall(self.greeting)
            while command := line.recv(4096):
                self.heard += command
                tag, _, verb = command.strip().partition(b" ")
                line.sendall(self.answers.get(verb.split(b" ")[0], b"{tag} BAD what?\r\n").replace(b"{tag}", tag))
                if verb == b"STARTTLS":
                    line = self._context.wrap_socket(line, server_side=True)
                    self.answers = {b"CAPABILITY": b"* CAPABILITY IMAP4rev1 AUTH=PLAIN INSIDE\r\n{tag} OK done\r\n"}
            line.close()


OFFER = b"* CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED\r\n{tag} OK done\r\n"


@pytest.fixture
def trusted(tmp_path: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's context and a client's that trusts it."""
    return certificate(tmp_path), tls_context(str(tmp_path / "cert.pem"))


@pytest.mark.case(23)
@pytest.mark.parametrize(
    ("answers", "greeting"),
    [
        ({b"CAPABILITY": b"* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n{tag} OK done\r\n"}, HELLO),
        ({b"CAPABILITY": OFFER, b"STARTTLS": b"{tag} NO not today\r\n"}, HELLO),
        ({b"CAPABILITY": OFFER, b"STARTTLS": b"{tag} OK begin\r\n"}, b"* PREAUTH you are in already\r\n"),
    ],
    ids=["not offered", "refused", "let in before"],
)
def test_without_tls_no_password_is_sent(
    trusted: tuple[ssl.SSLContext, ssl.SSLContext], answers: dict[bytes, bytes], greeting: bytes
) -> None:
    with Between(answers, trusted[0], greeting) as line, pytest.raises((OwnerMustAct, Later)):
        connect(imap(line, security="starttls"), "correct-horse", trusted[1])

    assert b"LOGIN" not in line.heard.replace(b"LOGINDISABLED", b"")
    assert b"AUTHENTICATE" not in line.heard


@pytest.mark.case(23)
def test_what_was_said_in_plain_text_with_starttls_counts_for_nothing(
    trusted: tuple[ssl.SSLContext, ssl.SSLContext],
) -> None:
    """CVE-2011-0411: whoever is between adds lines to the packet that ends the plain text."""
    injected = b"{tag} OK begin\r\n* CAPABILITY IMAP4rev1 LOGINDISABLED INJECTED\r\n* PREAUTH welcome\r\n"
    between = Between({b"CAPABILITY": OFFER, b"STARTTLS": injected}, trusted[0])
    with between as line, pytest.raises(MailbotError) as caught:
        connect(imap(line, security="starttls"), "correct-horse", trusted[1])

    assert "INJECTED" not in str(caught.value)
    assert "takes no password" not in str(caught.value)
    assert b"STARTTLS" in line.heard
