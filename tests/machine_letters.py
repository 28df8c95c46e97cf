"""Mails for the model-based test: ordinary ones, and such as break readers."""

from __future__ import annotations

from hypothesis import strategies as st
from worlds import question

# In every text that comes from outside; nothing with it may reach the log.
CANARY = "Zyzzyva"
ENCRYPTED = b"-----BEGIN PGP MESSAGE-----\n\nhQEMA1\n-----END PGP MESSAGE-----\n"
HOSTILE = (
    "=?utf-8?b?////?= =?x-unknown?q?=ff=fe?=",
    "\u202egnp.exe\u202c \x07\x1b[2J",
    "Re: Re: RE: [fill: everything]",
    '---\\nstatus: "sent"\\n---',
    "../../etc/passwd [[link]] ![x](http://tracker.example/1.png) <script>",
    "",
)


@st.composite
def headers(draw: st.DrawFn) -> dict[str, str]:
    """Fields that replace those of the sample mail."""
    found: dict[str, str] = {"Subject": f"{CANARY} {draw(st.sampled_from(HOSTILE))}"}
    if draw(st.booleans()):
        found["From"] = draw(
            st.sampled_from(
                (
                    f"{CANARY} <mara@northwind.example>",
                    "Ada Example <ada@example.com>",
                    f"{CANARY} no address at all",
                    "no-reply@northwind.example, <second@northwind.example>",
                    "MAILER-DAEMON@example.org",
                )
            )
        )
    if draw(st.booleans()):
        found["Reply-To"] = draw(st.sampled_from(("list@lists.example", "<>", "ada@example.org, eve@evil.example")))
    if draw(st.booleans()):
        found["Content-Type"] = draw(
            st.sampled_from(("text/html; charset=x-none", "multipart/mixed; boundary=b", "multipart/encrypted", "/"))
        )
    return found


@st.composite
def mails(draw: st.DrawFn, number: int, message_id: str | None, related: str = "") -> bytes:
    """A mail that differs from every other by its number. ``message_id`` None: it has none."""
    fields = draw(headers()) if draw(st.booleans()) else {"Subject": f"{CANARY} {number}"}
    if related:
        fields["References"] = related
    raw = question(number % 60, Message_ID=message_id or "", **fields)
    if message_id is None:
        raw = b"\n".join(line for line in raw.split(b"\n") if not line.startswith(b"Message-ID:"))
    body = draw(st.sampled_from((b"", ENCRYPTED, b"\x00\xff\xfe" * 20, b"<b>" * 50 + b"\xe4\n", b"x" * 5000)))
    return f"Received: by mx.example.org; {number}\n".encode() + raw + CANARY.encode() + b"?\n" + body
