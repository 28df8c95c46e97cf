"""What the files of the archive are called."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from mailbot.archive import name
from mailbot.mail.mail import Kind, Mail

DAY = date(2026, 1, 5)
SEATTLE = ZoneInfo("America/Los_Angeles")


def mail(subject: str = "Re: December 8th end-of-day update", when: datetime | None = None) -> Mail:
    return Mail(
        key="5666" + "0" * 60, message_id="<a@b.example>", in_reply_to=(), references=(), from_=(), reply_to=(), to=(),
        cc=(), mail_followup_to=(), delivered=(), subject=subject, date=when, text="", attachments=(),
        kind=Kind.ORDINARY, list_post="", bulk=False, automatic=False, defects=(), truncated=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("subject", "slug"),
    [
        ("Re: December 8th end-of-day update", "December-8th-end-of-day-update"),
        ("Re: AW: Größe & Maß: Änderung", "Grosse-Mass-Anderung"),
        ("Łódź – Ærø", "Lodz-AEro"),
        ("Don't panic", "Dont-panic"),
        ("会议", "mail"),
        ("", "mail"),
        ("Re: ../../etc/passwd\x00<script>", "etc-passwd-script"),
        ("x" * 100, "x" * 40),
        ("a" * 39 + " bc", "a" * 39),
    ],
)
def test_a_stem_is_the_day_and_the_subject(subject: str, slug: str) -> None:
    assert name.names(subject, day=DAY, taken=lambda _: False) == f"2026-01-05_Reply-To_{slug}"


def test_a_taken_stem_gets_a_number() -> None:
    taken = {"2026-01-05_Reply-To_Plan", "2026-01-05_Reply-To_Plan-2"}
    assert name.names("Plan", day=DAY, taken=taken.__contains__) == "2026-01-05_Reply-To_Plan-3"


def test_page_and_prompt_share_a_stem() -> None:
    assert name.page_path("stem") == "Outbox/stem.md"
    assert name.prompt_path("stem") == "Outbox/_prompts/stem.prompt.json"


def test_a_source_has_the_mails_date_in_the_owners_zone_and_its_key() -> None:
    when = datetime.fromisoformat("2025-12-21T15:52:42+00:00")
    path = name.source_path(mail(when=when), SEATTLE, datetime.now(UTC), taken=lambda _: False)
    assert path == "Sources/Email/2025/2025-12-21_075242_5666_Re-December-8th-end-of-day-update.md"


@pytest.mark.parametrize("when", [None, datetime.min.replace(tzinfo=UTC)])
def test_a_mail_without_a_usable_date_takes_the_given_one(when: datetime | None) -> None:
    path = name.source_path(mail("", when), SEATTLE, datetime(2026, 1, 1, tzinfo=UTC), taken=lambda _: False)
    assert path == "Sources/Email/2025/2025-12-31_160000_5666_mail.md"


def test_another_mails_source_of_the_same_name_is_left_alone() -> None:
    taken = {"Sources/Email/2025/2025-12-31_160000_5666_mail.md"}
    path = name.source_path(mail(""), SEATTLE, datetime(2026, 1, 1, tzinfo=UTC), taken=taken.__contains__)
    assert path == "Sources/Email/2025/2025-12-31_160000_5666_mail-2.md"
