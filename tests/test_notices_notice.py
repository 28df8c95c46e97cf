"""A notice as bytes: every reason arrives as it was meant, on lines that any server takes."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from mailbot.notices import notice

NOW = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)


def composed(reason: str, hint: str = "Do this", *, over: bool = False) -> tuple[bytes, EmailMessage]:
    raw = notice.of_trouble(
        to="ada@example.org", account="home", reason=reason, hint=hint, since=NOW, over=over, now=NOW, word="n1"
    )
    return raw, message_from_bytes(raw, policy=policy.default)


@pytest.mark.parametrize("over", [False, True])
@pytest.mark.parametrize(
    "reason",
    [
        "The model's server refuses the key (401): Incorrect API key provided",  # folded, it began with an empty line
        "no draft for “Wie wäre es mit München?”: the model gave no usable answer 3 times",
        "short",
    ],
)
def test_a_subject_says_what_was_meant(reason: str, over: bool) -> None:
    raw, mail = composed(reason, over=over)

    assert mail["Subject"] == f"mailbot: {'over: ' if over else ''}{reason}"
    assert b"Subject:\r\n" not in raw


@pytest.mark.parametrize(
    "reason", ["many words " * 3_000, "x" * 40_000, "ü" * 40_000, "a\r\nBcc: eve@example.net\x1b[31m"]
)
def test_a_long_or_hostile_reason_fits_on_lines_that_every_server_takes(reason: str) -> None:
    raw, mail = composed(reason, hint=reason)

    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert len(mail["Subject"]) <= 130
    assert (mail["Bcc"], "\x1b" in mail.get_content()) == (None, False)
    body = "".join(mail.get_content().split())
    assert "".join(c for c in reason if c.isprintable() and not c.isspace()) in body
