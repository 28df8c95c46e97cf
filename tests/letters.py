"""Own mails as they lie in Sent, made by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

ADA = "Ada Example <ada@example.org>"
MARA = "Mara Lindqvist <mara@northwind.example>"
NEW_YEAR = datetime(2026, 1, 1, 9, tzinfo=UTC)


def sent(
    text: str, to: str = MARA, *, number: int = 1, subject: str = "Racks", cc: str = "", html: str = "", **headers: str
) -> bytes:
    """A mail of Ada's, sent ``number`` hours after the beginning of 2026. ``headers``: Reply_To for Reply-To; "" takes
    one away."""
    mail = EmailMessage()
    fields = {"From": ADA, "To": to, "Cc": cc, "Subject": subject}
    fields |= {"Date": f"{NEW_YEAR + timedelta(hours=number):%a, %d %b %Y %H:%M:%S +0000}"}
    fields |= {"Message-ID": f"<own-{number}@example.org>"}
    fields |= {name.replace("_", "-"): value for name, value in headers.items()}
    for name, value in fields.items():
        if value:
            mail[name] = value
    mail.set_content(text, cte="8bit")
    if html:
        mail.add_alternative(html, subtype="html", cte="8bit")
    return mail.as_bytes()
