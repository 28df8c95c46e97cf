"""A notice to the owner by SMTP, and to nobody else: this is the only module that imports smtplib."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Collection
from functools import partial

from mailbot.config import Smtp
from mailbot.deadline import Deadline, shut
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
    kind = partial(smtplib.SMTP_SSL, context=context) if smtp.security == "tls" else smtplib.SMTP
    client = kind(timeout=TIMEOUT)
    # What TLS is to prove: smtplib sets it only where it also connects at once, before anybody could end that.
    client._host = smtp.host  # type: ignore[attr-defined]
    try:
        with Deadline(SENT_WITHIN) as deadline, client:
            deadline.hold(lambda: shut(client.sock) if client.sock else None)
            code, text = client.connect(smtp.host, smtp.port)
            if code != GREETING:
                raise smtplib.SMTPConnectError(code, text)
            if smtp.security == "starttls":
                client.starttls(context=context)
            if smtp.user:
                client.login(smtp.user, secret)
            client.sendmail(to, [to], raw)
    except smtplib.SMTPAuthenticationError as error:
        raise OwnerMustAct("login", f"{smtp.host} refused the login of {smtp.user}", "Check the password") from error
    except (smtplib.SMTPException, OSError) as error:
        raise Later(f"the notice could not be sent by {smtp.host}: {type(error).__name__}") from error
