"""A notice to the owner by SMTP, and to nobody else: this is the only module that imports smtplib."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Collection

from mailbot.config import Smtp
from mailbot.errors import Later, OwnerMustAct

TIMEOUT = 30.0  # seconds


def send_notice(
    smtp: Smtp, secret: str, raw: bytes, *, to: str, own: Collection[str], context: ssl.SSLContext | None
) -> None:
    """Sends a notice. Raises ValueError for anybody but the owner: ``own`` are the owner's addresses, as configured."""
    if not to or to.lower() not in {address.lower() for address in own} or any(c in to for c in "\r\n\0<> ,"):
        raise ValueError("a notice goes to the owner only")
    try:
        with _connected(smtp, context) as client:
            if smtp.user:
                client.login(smtp.user, secret)
            client.sendmail(to, [to], raw)
    except smtplib.SMTPAuthenticationError as error:
        raise OwnerMustAct("login", f"{smtp.host} refused the login of {smtp.user}", "Check the password") from error
    except (smtplib.SMTPException, OSError) as error:
        raise Later(f"the notice could not be sent by {smtp.host}: {type(error).__name__}") from error


def _connected(smtp: Smtp, context: ssl.SSLContext | None) -> smtplib.SMTP:
    if smtp.security == "tls":
        return smtplib.SMTP_SSL(smtp.host, smtp.port, timeout=TIMEOUT, context=context)
    client = smtplib.SMTP(smtp.host, smtp.port, timeout=TIMEOUT)
    if smtp.security == "starttls":
        try:
            client.starttls(context=context)
        except BaseException:
            client.close()
            raise
    return client
