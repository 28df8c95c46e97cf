"""The page of a draft: its layout, and what may change later."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from mailbot.archive import frontmatter
from mailbot.archive.page import Page, render, rest, update

PAGE = Page(
    status="pending",
    created=datetime.fromisoformat("2026-01-05T19:45:01-08:00"),
    urgency="urgent",
    to="Mara Lindqvist <mara@northwind.example>",
    cc="",
    from_="Ada Example <ada@example.com>",
    subject="Re: December 8th end-of-day update",
    correspondent="Mara Lindqvist",
    title="Mara Lindqvist escalates the supply risk",
    key_points=("Confirm who buys the servers.",),
    reply="Mara — yes.\n\n[[fill: who signs]]\n\nAda Example\nProduct",
    summary="Mara raised that we are selling out.",
    remarks=(),
    source_file="Sources/Email/2025/2025-12-21_075242_5666_Re-December-8th-end-of-day-update.md",
    prompt_file="Outbox/_prompts/2026-01-05_Reply-To_December-8th-end-of-day-update.prompt.json",
    ai_model="gpt-5.2",
    ai_temperature=0.3,
    account="work",
    message_id="<5666.1766332362@northwind.example>",
    draft_message_id="<K5QWG3DPEB3W64TMMQQGC4TFOM@example.com>",
    generation=1,
)

TEXT = """---
type: draft-reply
status: pending
created: "2026-01-05T19:45:01-08:00"
urgency: "urgent"
to: "Mara Lindqvist <mara@northwind.example>"
subject: "Re: December 8th end-of-day update"
source_file: "Sources/Email/2025/2025-12-21_075242_5666_Re-December-8th-end-of-day-update.md"
ai_model: "gpt-5.2"
ai_temperature: 0.3
prompt_file: "Outbox/_prompts/2026-01-05_Reply-To_December-8th-end-of-day-update.prompt.json"
account: "work"
from: "Ada Example <ada@example.com>"
cc: ""
message_id: "<5666.1766332362@northwind.example>"
draft_message_id: "<K5QWG3DPEB3W64TMMQQGC4TFOM@example.com>"
generation: 1
---

# Draft Reply to Mara Lindqvist

**Regarding**: Mara Lindqvist escalates the supply risk
**Urgency**: urgent

---

## Key Points to Address

Confirm who buys the servers.

---

## Draft Response

Mara — yes.

\\[\\[fill: who signs\\]\\]

Ada Example  
Product

---

## Original Summary

Mara raised that we are selling out.

---

*This draft was auto-generated. Edit and send via your email client.*
"""  # noqa: W291

WITH_REMARK = TEXT.replace("selling out.\n", "selling out.\n\n---\n\n## Remarks\n\n- The draft was sent.\n")
HOSTILE = "<img src=x> [[Secret]] ![[Secret]] `x` **b** http://a.example\n\n---\n\n## Remarks\n\n- x\n\n```js\nx"


def elements(text: str) -> list[str]:
    """Every element of a page but text and paragraphs, in order."""
    head = frontmatter.split(text)
    assert head is not None
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(head[1])
    found = [inner.type for token in tokens for inner in (token, *(token.children or ()))]
    plain = ("paragraph", "inline", "text", "hardbreak", "softbreak")
    return [name for name in found if not name.startswith(plain)]


def test_a_page_looks_as_the_archive_says() -> None:
    assert render(PAGE) == TEXT


def test_remarks_stand_between_the_summary_and_the_closing_line() -> None:
    assert render(replace(PAGE, remarks=("The draft was sent.",))) == WITH_REMARK


def test_several_key_points_are_a_list() -> None:
    assert "Address\n\n- One.\n- Two.\n\n---" in render(replace(PAGE, key_points=("One.", "Two.")))


def test_a_page_without_a_draft_says_why() -> None:
    empty = replace(PAGE, draft_message_id="", title="", key_points=(), reply="", summary="", ai_temperature=None)
    text = render(replace(empty, status="skipped", remarks=("The mail is encrypted.",)))

    keys = frontmatter.load(text)
    assert keys is not None
    assert (keys["status"], keys["draft_message_id"], keys["ai_temperature"]) == ("skipped", "", None)
    assert "# No draft for Mara Lindqvist\n\n**Regarding**: Re: December 8th end-of-day update\n" in text
    assert "---\n\n## Remarks\n\n- The mail is encrypted.\n\n---\n\n*No draft was stored." in text
    assert "## Draft Response" not in text


def test_hostile_text_adds_no_element_to_a_page() -> None:
    hostile = replace(PAGE, correspondent=HOSTILE, title=HOSTILE, key_points=(HOSTILE,), reply=HOSTILE,
                      summary=HOSTILE, urgency=HOSTILE, subject=HOSTILE, to=HOSTILE)  # fmt: skip
    assert elements(render(hostile)) == elements(TEXT)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=30))
def test_front_matter_loads_back_whatever_the_subject(subject: str) -> None:
    keys = frontmatter.load(render(replace(PAGE, subject=subject, to=subject, account=subject)))

    assert keys is not None
    assert (keys["subject"], keys["to"], keys["account"]) == (subject, subject, subject)
    assert len(keys) == 16


def test_a_new_status_changes_nothing_else() -> None:
    assert update(TEXT, status="sent") == TEXT.replace("status: pending", "status: sent")


def test_remarks_come_change_and_go_without_a_trace() -> None:
    with_remark = update(TEXT, remarks=("The draft was sent.",))

    assert with_remark == WITH_REMARK
    assert update(with_remark, remarks=("One.", "Two.")).count("## Remarks\n\n- One.\n- Two.\n") == 1
    assert update(with_remark, remarks=()) == TEXT


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=40), st.sampled_from(["\n", "\r\n"]), st.lists(st.text(min_size=1, max_size=9), max_size=3))
def test_update_leaves_the_owners_bytes(own: str, end: str, remarks: list[str]) -> None:
    text = TEXT.replace("Mara — yes.", own).replace("cc: ", "tags: [x]\ncc: ").replace("\n", end)

    changed = update(text, status="edited", remarks=tuple(remarks))

    assert update(changed, status="pending", remarks=()) == text
    assert rest(changed) == rest(text)


def test_a_remarks_heading_of_the_owner_is_not_ours() -> None:
    own = TEXT.replace("Mara — yes.", "Mara — yes.\n\n---\n\n## Remarks\n\nmine")
    assert update(update(own, remarks=("New.",)), remarks=()) == own


def test_the_rest_differs_when_the_owner_wrote() -> None:
    assert rest(TEXT.replace("yes", "no")) != rest(TEXT)
    assert rest(TEXT.replace("cc: ", "tags: x\ncc: ")) != rest(TEXT)


@pytest.mark.parametrize(
    "text",
    ["", "# My own note\n", TEXT.replace("type: draft-reply", "type: note"), TEXT.replace("status: pending\n", ""),
     TEXT.replace("cc: ", "cc: ["), TEXT.removeprefix("---\n")],
)  # fmt: skip
def test_a_page_that_cannot_be_read_is_left_alone(text: str) -> None:
    assert update(text, status="sent", remarks=("x",)) == text
    assert rest(text) is None


def test_a_status_inside_a_text_of_the_owners_is_left_alone() -> None:
    text = TEXT.replace("status: pending\n", 'plan: "first\nstatus: asked"\nstatus: pending\n')
    assert update(text, status="sent") == text


def test_a_page_without_its_closing_line_gets_no_remarks() -> None:
    text = TEXT[: TEXT.index("*This draft")]
    assert update(text, remarks=("x",)) == text
