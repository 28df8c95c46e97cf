"""Notices by SMTP: to the owner and to nobody else; and that nothing but a notice ever leaves."""

from __future__ import annotations

import ast
import shutil
import socket
import ssl
import threading
import time
from contextlib import nullcontext, suppress
from dataclasses import replace
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from dovecot import Dovecot
from fakes import FakeSession
from mail_server import make_certificate
from proxy import dripping
from running import SOON, Account, Home
from smtp_sink import SmtpSink
from told import BY_SMTP, days, full, subjects
from worlds import Lab, question

import mailbot
from mailbot.config import Smtp
from mailbot.errors import Later, OwnerMustAct
from mailbot.imap.login import tls_context
from mailbot.smtp import send_notice

SOURCES = Path(mailbot.__file__).parent


def test_by_smtp_only_notices_are_sent_and_no_draft() -> None:
    lab = Lab(BY_SMTP)
    lab.cycle()
    full(lab, "Drafts")
    lab.flag()

    days(lab, 1)
    full(lab)
    days(lab, 1)

    sent = [message_from_bytes(raw, policy=policy.default) for raw in lab.notices]
    assert [mail["Auto-Submitted"] for mail in sent] == ["auto-generated"] * 2
    assert {str(mail["To"]) for mail in sent} == {"ada@example.com"}
    assert len(lab.mailbox.raws()) == 1
    assert subjects(lab) == []
    lab.close()


def test_by_smtp_a_full_mailbox_is_told_to_the_owner_only(dovecot: Dovecot, smtp_sink: SmtpSink) -> None:
    account = Account(dovecot, quota=4000)
    smtp = f'[account.smtp]\nhost = "{smtp_sink.host}"\nport = {smtp_sink.port}\nsecurity = "none"\n'
    notify = '[notify]\nby = "smtp"\nto = "ada@example.org"\n'
    with Home(account, extra=notify, more=smtp) as home:
        account.deliver(question(1) + (b"z" * 60 + b"\n") * 40, "\\Flagged")

        once = home.command("once", "--include-existing")

        assert once.code == 3
        assert account.mails() == []
        (received,) = smtp_sink.messages
        notice = message_from_bytes(received.raw, policy=policy.default)
        assert received.recipients == ("ada@example.org",)
        assert received.sender == "ada@example.org"
        assert notice["Auto-Submitted"] == "auto-generated"
        assert "quota" in notice["Subject"].lower()


def test_a_wrong_password_for_smtp_is_tried_three_times_and_the_right_one_at_once(
    dovecot: Dovecot, smtp_sink: SmtpSink
) -> None:
    account = Account(dovecot, quota=4000)
    smtp = f'[account.smtp]\nhost = "{smtp_sink.host}"\nport = {smtp_sink.port}\nsecurity = "none"\n'
    notify = '[notify]\nby = "smtp"\nto = "ada@example.org"\n'
    with Home(account, extra=notify, more=f'{smtp}user = "{smtp_sink.user}"\n') as home:
        home.environ["MAILBOT_HOME_SMTP"] = "wrong"
        account.deliver(question(1) + (b"z" * 60 + b"\n") * 40, "\\Flagged")
        home.command("once", "--include-existing")
        for _ in range(4):
            home.command("once")

        assert smtp_sink.calls == 3
        home.environ["MAILBOT_HOME_SMTP"] = smtp_sink.password
        home.command("once")
        assert len(smtp_sink.messages) == 1


@pytest.mark.parametrize(
    "to", ["mara@northwind.example", "ada@example.org,mara@northwind.example", "ada@example.org\r\nDATA", "", "ada@*"]
)
def test_smtp_refuses_every_address_but_the_owners(smtp_sink: SmtpSink, to: str) -> None:
    smtp = Smtp(host=smtp_sink.host, port=smtp_sink.port, security="none")

    with pytest.raises(ValueError, match="owner only"):
        send_notice(
            smtp, "", b"Subject: hello\r\n\r\n", to=to, own=["ada@example.org", "ada+*@example.org"], context=None
        )

    assert smtp_sink.messages == []


NOTICE = b"Subject: hello\r\n\r\n"
ADA = "ada@example.org"


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl, for a certificate")
@pytest.mark.parametrize(("host", "arrives"), [("localhost", True), ("127.0.0.1", True), ("ip6-localhost", False)])
def test_smtp_over_tls_proves_the_name_of_the_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, host: str, arrives: bool
) -> None:
    make_certificate(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    with SmtpSink(context) as sink:
        here = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (sink.host, sink.port))]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **named: here)
        smtp = Smtp(host=host, port=sink.port, security="tls")

        with nullcontext() if arrives else pytest.raises(Later):
            send_notice(smtp, "", NOTICE, to=ADA, own=[ADA], context=tls_context(str(tmp_path / "cert.pem")))

        assert len(sink.messages) == arrives


def test_an_smtp_server_that_drips_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """The poll waits for a notice; each octet comes in time, and the greeting never ends."""
    monkeypatch.setattr("mailbot.smtp.SENT_WITHIN", 0.3)

    with dripping(b"2") as port:
        smtp = Smtp(host="127.0.0.1", port=port, security="none")
        with pytest.raises(Later):
            send_notice(smtp, "", NOTICE, to=ADA, own=[ADA], context=None)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl, for a certificate")
def test_an_smtp_server_that_drips_after_a_slow_handshake_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The time is over while TLS begins: what comes after that has none left."""
    monkeypatch.setattr("mailbot.smtp.SENT_WITHIN", 0.2)
    make_certificate(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    cut = threading.Event()

    def drip(server: socket.socket) -> None:
        plain, _ = server.accept()
        time.sleep(0.4)
        with suppress(OSError), context.wrap_socket(plain, server_side=True) as line:
            while True:
                line.sendall(b"2")
                time.sleep(0.02)
        cut.set()

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=drip, args=(server,), daemon=True).start()
        smtp = Smtp(host="127.0.0.1", port=server.getsockname()[1], security="tls")
        with pytest.raises(Later):
            send_notice(smtp, "", NOTICE, to=ADA, own=[ADA], context=tls_context(str(tmp_path / "cert.pem")))

        assert cut.wait(SOON)


def test_only_one_module_can_send_and_only_notices_reach_it() -> None:
    senders: set[str] = set()
    importers: set[str] = set()
    callers: set[str] = set()
    for path in SOURCES.rglob("*.py"):
        name = path.relative_to(SOURCES).as_posix()
        for node in ast.walk(ast.parse(path.read_text())):
            senders |= {name} if imports(node) & {"smtplib", "aiosmtplib", "aiosmtpd"} else set()
            importers |= {name} if imports(node) & {"mailbot.smtp"} else set()
            if isinstance(node, ast.Attribute) and node.attr in ("send", "send_notice", "_send"):
                callers.add(name)
    assert senders == {"smtp.py"}
    assert importers == {"wiring.py"}
    assert callers == {"notices/tell.py", "wiring.py"}


def imports(node: ast.AST) -> set[str]:
    """The modules that an import names, with the packages above them."""
    if isinstance(node, ast.Import):
        names = [alias.name for alias in node.names]
    elif isinstance(node, ast.ImportFrom):
        names = [node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)]
    else:
        names = []
    return {part for name in names for part in (name, name.partition(".")[0])}


def test_by_smtp_a_refused_login_is_told_at_once() -> None:
    lab = Lab(BY_SMTP)
    lab.cycle()

    def refuse() -> FakeSession:
        raise OwnerMustAct("login", "the server refused the login of ada", "Check user and password")

    lab.boot(lambda world: replace(world, connect=refuse))
    days(lab, 2)

    assert len(lab.notices) == 1
    lab.close()
