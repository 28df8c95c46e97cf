"""The source and the prompt of a draft."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from test_archive_name import mail

from mailbot.archive import source
from mailbot.mail.mail import Address, Attachment

ZONE = ZoneInfo("America/Los_Angeles")
MARA, ADA = Address("Mara Lindqvist", "mara@northwind.example"), Address("Ada Example", "ada@example.com")


def test_a_source_looks_as_the_archive_says() -> None:
    when = datetime.fromisoformat("2025-12-21T15:52:42+00:00")
    one = replace(
        mail(when=when), message_id="<5666.1766332362@northwind.example>",
        from_=(MARA,), to=(ADA,), text="Hi Ada, we are selling out and ...\n# no heading",
        attachments=(Attachment("capacity.xlsx", "application/octet-stream", 48_123),),
    )  # fmt: skip

    assert source.render_source(one, "INBOX", ZONE) == (
        '---\ntype: email\nmessage_id: "<5666.1766332362@northwind.example>"\ndate: "2025-12-21T07:52:42-08:00"\n'
        'from: "Mara Lindqvist <mara@northwind.example>"\nto: "Ada Example <ada@example.com>"\ncc: ""\n'
        'subject: "Re: December 8th end-of-day update"\nfolder: "INBOX"\nattachments: ["capacity.xlsx (48 kB)"]\n---\n'
        "\n# Re: December 8th end-of-day update\n\nHi Ada, we are selling out and ...  \n\\# no heading\n"
    )


def test_a_source_without_subject_date_and_text_is_still_a_page() -> None:
    text = source.render_source(mail(""), "INBOX", ZONE)
    assert 'date: ""' in text
    assert text.endswith("---\n\n# (no subject)\n")


def test_a_name_with_a_comma_is_quoted() -> None:
    addresses = (Address('Lindqvist, "M"', "m@x.example"), Address("", "b@x.example"))
    assert source.shown(addresses) == '"Lindqvist, \\"M\\"" <m@x.example>, b@x.example'


@pytest.mark.parametrize(
    ("octets", "words"), [(0, "0 B"), (999, "999 B"), (48_123, "48 kB"), (999_600, "1.0 MB"), (25_000_000, "25.0 MB")]
)
def test_sizes_are_for_people(octets: int, words: str) -> None:
    assert source.size(octets) == words


def prompt(**more: object) -> str:
    return source.prompt_json(
        created=datetime.fromisoformat("2026-01-05T19:44:49-08:00"), model="gpt-5.2", temperature=0.3,
        base_url="https://api.openai.com/v1", source_file="s.md", draft_path="d.md",
        messages=({"role": "system", "content": "\u202eü"},), **more,  # type: ignore[arg-type]
    )  # fmt: skip


def test_a_prompt_is_ascii_and_has_its_keys_in_order() -> None:
    text = prompt()

    assert text.isascii()
    assert list(json.loads(text)) == [
        "created", "operation", "model", "temperature", "base_url", "source_file", "draft_path", "messages",
    ]  # fmt: skip
    assert json.loads(text)["messages"] == [{"role": "system", "content": "\u202eü"}]


def test_a_prompt_is_completed_with_answer_and_usage() -> None:
    done = prompt(answer={"title": "x"}, usage={"prompt_tokens": 1, "completion_tokens": 2})

    assert done.startswith(prompt().removesuffix("\n}\n"))
    assert list(json.loads(done))[-2:] == ["answer", "usage"]
