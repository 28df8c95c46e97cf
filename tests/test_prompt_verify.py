"""An answer against its sources: what nobody said, and what only others said where it could harm."""

from __future__ import annotations

import json
import time
from datetime import date
from typing import Any

import pytest
from fakes import ANSWER
from hypothesis import given
from hypothesis import strategies as st
from worlds import Lab, question

from mailbot.bot import ask
from mailbot.mention import Kind, find
from mailbot.prompt.answer import Answer, read
from mailbot.prompt.overlap import shared
from mailbot.prompt.sources import Sources, pack, unpack
from mailbot.prompt.verify import verify

IBAN = "DE89 3704 0044 0532 0130 00"
OWN = (
    "Ada Example",
    "ada@example.org",
    "Our site: https://example.org/prices/2026",
    "IBAN GB29 NWBK 6016 1331 9268 19",
)
OTHERS = (
    f"Pay 1.250,00 EUR to {IBAN} by 3 March, see https://evil.example/pay?id=1 or call +49 30 1234567.",
    "Mara <mara@northwind.example>, Monday 2026-01-05 10:00 +01:00",
)
SOURCES = Sources(own=OWN, others=OTHERS, today=date(2026, 1, 5))


def answer(reply: str, **fields: Any) -> Answer:
    return read(json.dumps({"reply": reply, **fields}), "schema")


def drafted(reply: str, sources: Sources = SOURCES) -> str:
    return verify(answer(reply), sources).reply


def checks(reply: str, sources: Sources = SOURCES) -> tuple[str, ...]:
    return verify(answer(reply), sources).checks


@pytest.mark.parametrize(
    ("reply", "shown"),
    [
        ("See https://evil.example/pay?id=1.", "See [[check: link]]."),
        ("See evil[.]example, thanks", "See [[check: link]], thanks"),
        (f"I pay to {IBAN} today.", "I pay to [[check: account number]] today."),
        ("See https://invented.example/x", "See [[check: link]]"),
        ("See https://example.org/prices/2026?utm_source=x", "See https://example.org/prices/2026?utm_source=x"),
        ("See www.example.org/prices", "See www.example.org/prices"),
        ("See example.org/booking", "See [[check: link]]"),
        ("Our IBAN is GB29NWBK60161331926819.", "Our IBAN is GB29NWBK60161331926819."),
        ("[[fill: what of https://evil.example]]", "[[fill: what of [[check: link]]]]"),
    ],
)
def test_links_and_accounts_stay_only_where_the_owner_wrote_them(reply: str, shown: str) -> None:
    assert drafted(reply) == shown


def test_what_is_taken_out_is_told_on_the_page_with_its_true_host() -> None:
    (told,) = checks("See https://éxample.org and www.evil.com")

    assert told.startswith("Taken out of the draft, because it stands in nothing that you wrote: ")
    assert "https://éxample.org [xn--xample-9ua.org]; www.evil.com" in told


@pytest.mark.parametrize(
    "reply",
    [
        "1,250.00 EUR by the 3rd of March",
        "on Tuesday 13 January, the 13th",
        "Mara's address is mara@northwind.example, her phone 030 1234567",
        "at 10:00 on 5.1.",
        "in 2026 or 2027",
        "12 [[fill: price per desk, 40 or 50?]]".replace("12 ", ""),
    ],
)
def test_what_somebody_said_in_whatever_form_is_not_remarked(reply: str) -> None:
    assert checks(reply) == ()


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        ("It costs 1,300 EUR.", "1,300"),
        ("By 4 March.", "4 March"),
        ("By 5 January 2027.", "5 January 2027"),
        ("At 11:30.", "11:30"),
        ("Write to eve@evil.example.", "eve@evil.example"),
        ("Call +44 20 7946 0000.", "+44 20 7946 0000"),
        ("12 desks of 30 EUR make 360 EUR", "12; 360"),
    ],
)
def test_what_nobody_said_is_remarked_and_stays(reply: str, words: str) -> None:
    sources = Sources(others=(*OTHERS, "30 EUR each"), today=date(2026, 1, 5))

    assert drafted(reply, sources) == reply
    assert checks(reply, sources) == (
        f"This stands in the draft, but in no mail and in nothing that you wrote: {words}. Check it.",
    )


@pytest.mark.parametrize(
    ("reply", "wrong"), [("on Thursday, 13 January 2026", True), ("am Dienstag, 13.1.2026", False)]
)
def test_a_weekday_that_does_not_fit_its_date_is_remarked(reply: str, wrong: bool) -> None:
    assert ("13 January 2026 is no Thursday. Check the day." in checks(reply)) is wrong


def test_links_and_phone_numbers_in_what_the_page_tells_of_a_mail_are_marked() -> None:
    fields = {
        "summary": "Call +49 30 1234567 or see evil.example; our example.org/prices.",
        "key_points": [f"Pay {IBAN}"],
    }
    shown = verify(answer("Yes.", **fields), SOURCES)

    assert shown.summary == "Call +49 30 1234567 (unverified) or see evil.example (unverified); our example.org/prices."
    assert shown.key_points == (f"Pay {IBAN} (unverified)",)


@pytest.mark.parametrize("name", ["key_points", "questions", "plan", "dates", "missing_facts", "assumptions"])
def test_whatever_list_of_the_page_names_a_link_marks_it(name: str) -> None:
    shown = verify(answer("Yes.", **{name: ["Free", "Pay at evil.example"]}), SOURCES)

    assert getattr(shown, name) == ("Free", "Pay at evil.example (unverified)")
    assert verify(answer("Yes.", title="Pay at evil.example"), SOURCES).title == "Pay at evil.example (unverified)"


def test_the_mark_of_a_link_begins_no_other_link() -> None:
    assert "](" not in drafted("Pay [[fill: where]](https://evil.example/pay) or evil.example(http://x.example).")


def test_words_that_were_lent_are_remarked_when_they_come_back() -> None:
    sample = "Hi Mara, the warehouse in Kiel moves to the new pier in the second week of May. Best, Ada"
    sources = Sources(lent=(("your mail of 2025-11-03", sample),), others=("in the second week of May then",))

    (told,) = checks("Yes. The warehouse in Kiel moves to the new pier, as you know.", sources)
    assert told.startswith("The draft repeats your mail of 2025-11-03: “The warehouse in Kiel moves to the new pier”")
    assert checks("The warehouse in Kiel moves soon. Best, Ada", sources) == ()


def test_a_run_that_the_thread_has_as_well_is_not_remarked() -> None:
    run = "the warehouse in Kiel moves to the new pier"

    assert shared(f"Yes, {run}.", [run], ()) == (run,)
    assert shared(f"Yes, {run}.", ["", run], (f"Is it true that {run}?",)) == ("", "")
    assert shared(
        "来週の金曜日に新しい倉庫へ引っ越します。", ["ええ、来週の金曜日に新しい倉庫へ引っ越します。"], ()
    ) != ("",)
    assert shared("はい、承知いたしました。", ["はい、承知いたしました。"], ()) == ("",)


def test_sources_come_back_as_they_were_kept() -> None:
    kept = Sources(own=("a", "é"), others=("b",), lent=(("your note", "c"),), today=date(2026, 1, 5))

    assert unpack(pack(kept)) == kept
    assert unpack(None) == Sources()


@given(
    st.lists(
        st.sampled_from(["evil", ".", "com", "/", "https://", " ", "[", "]", "(", "@", IBAN, "x", "。", "\n", "１"])
    )
)
def test_nothing_harmful_is_left_behind(parts: list[str]) -> None:
    left = drafted("Hi, " + "".join(parts) + " Ada", Sources())

    assert [m for m in find(left) if m.kind in (Kind.LINK, Kind.ACCOUNT)] == []


def test_a_long_reply_is_verified_in_linear_time() -> None:
    started = time.process_time()
    verify(answer("evil.com 12,5 3.3. " * 1000), Sources(own=("1.2 " * 20_000,), others=("a.example " * 20_000,)))

    assert time.process_time() - started < 6


def test_draft_and_page_show_the_same_text(lab: Lab) -> None:
    lab.cycle()
    raw = question().replace(b"who buys", b"see https://evil.example/pay and pay 1,250 EUR. Who buys")
    lab.flag(raw)
    assert lab.endpoint is not None
    reply = "Hi Mara,\n\nI pay 1,250 EUR at https://evil.example/pay and 99 EUR later.\n\nAda"
    lab.endpoint.queue = [json.dumps({**ANSWER, "reply": reply})]
    lab.settle()

    (draft,) = lab.mailbox.boxes["Drafts"].mails.values()
    own = draft.raw.decode().partition("\r\n\r\n")[2].partition("> ")[0]
    (page,) = lab.pages().values()
    prompt = next((lab.config.archive.folder / "Outbox" / "_prompts").iterdir()).read_text()
    assert "I pay 1,250 EUR at [[check: link]] and 99 EUR later." in own
    assert r"I pay 1,250 EUR at \[\[check: link\]\] and 99 EUR later." in page
    assert "in nothing that you wrote: 99. Check it." in page
    assert "Taken out of the draft" in page
    assert "[[check: link]]" in json.loads(prompt)["answer"]["reply"]


def test_the_outline_writer_repeats_no_link_of_a_stranger(lab: Lab) -> None:
    lab.endpoint = None
    lab.boot()
    lab.cycle()
    lab.flag(question().replace(b"who buys the hardware?", b"did you see https://evil.example/pay yet?"))
    lab.settle()

    (draft,) = lab.mailbox.boxes["Drafts"].mails.values()
    assert "[[check: link]]" in draft.raw.decode().partition("\r\n\r\n")[2].partition("> ")[0]


def test_draft_and_page_read_an_answer_once(lab: Lab) -> None:
    ask.verified.cache_clear()
    lab.flag()
    lab.settle()

    assert len(lab.pages()) == 1
    assert (ask.verified.cache_info().misses, ask.verified.cache_info().hits) == (1, 1)
