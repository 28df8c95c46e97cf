"""A notice to the owner by SMTP, and to nobody else: this is the only module that imports smtplib."""

from __future__ import annotations

import smtplib
import socket
import ssl
from collections.abc import Collection

from mailbot.config import Smtp
from mailbot.deadline import Deadline
from mailbot.errors import Later, OwnerMustAct

TIMEOUT = 30.0  # seconds for one answer
SENT_WITHIN = 120.0  # seconds for all of it, however slowly the server answers: the poll waits meanwhile
GREETING = 220


def send_notice(
    smtp: Smtp, secret: str, raw: bytes, *, to: str, own: Collection[str], context: ssl.SSLContext | None
) -> None:
    """Sends a notice. Raises ValueError for anybody but the owner: ``own`` are the owner's addresses, as configured."""
    if not to or to.lower() not in {address.lower() for address in own} or any(c in to for c in "\r\n\0<> ,"):
        raise ValueError("a notice goes to the owner only")
    try:
        with Deadline(SENT_WITHIN) as deadline, _greeted(smtp, context, deadline) as client:
            if smtp.security == "starttls":
                client.starttls(context=context)
                assert client.sock is not None, "TLS has its line"
                deadline.hold(client.sock)
            if smtp.user:
                client.login(smtp.user, secret)
            client.sendmail(to, [to], raw)
    except smtplib.SMTPAuthenticationError as error:
        raise OwnerMustAct("login", f"{smtp.host} refused the login of {smtp.user}", "Check the password") from error
    except (smtplib.SMTPException, OSError) as error:
        raise Later(f"the notice could not be sent by {smtp.host}: {type(error).__name__}") from error


def _greeted(smtp: Smtp, context: ssl.SSLContext | None, deadline: Deadline) -> smtplib.SMTP:
    """A line on which the server has said hello. smtplib would make it by itself, and let nobody end its waits."""
    client = smtplib.SMTP(timeout=TIMEOUT)
    client._host = smtp.host  # type: ignore[attr-defined]  # what STARTTLS has to prove
    line = socket.create_connection((smtp.host, smtp.port), TIMEOUT)
    if smtp.security == "tls":
        assert context is not None, "TLS has its certificates"
        line = context.wrap_socket(line, server_hostname=smtp.host)  # its handshake is over after TIMEOUT in all
    client.sock = line
    deadline.hold(line)
    try:
        code, text = client.getreply()
        if code != GREETING:
            raise smtplib.SMTPConnectError(code, text)
    except BaseException:
        client.close()
        raise
    return client
