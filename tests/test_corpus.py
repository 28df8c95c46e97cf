"""Every mail of tests/cases, tried as ``make corpus`` tries other people's; and that it sees what goes wrong."""

from __future__ import annotations

import os
import random
import time
from dataclasses import replace
from pathlib import Path

import corpus
import pytest
from corpus import Made, draft_and_page

from mailbot.mail.quote import Split

CASES = Path(__file__).parent / "cases"
RAW = b"From: Mara <mara@northwind.example>\nSubject: [x](http://x.example)\n\nHi Ada, when?\n"


def test_every_case_keeps_the_promises() -> None:
    tally = corpus.run(corpus.mails(CASES), draft_and_page)

    assert tally.reached, corpus.table(tally)
    assert tally.tried >= 240  # the twins are read as mails too
    assert tally.drafts > tally.without_draft > 0


def test_an_mbox_is_several_mails_and_a_large_one_is_tried_twice(tmp_path: Path) -> None:
    letter = b"From: a@x.example\nSubject: x\n\nFrom 9 to 5\n\n"
    (tmp_path / "inbox").write_bytes((b"From a@x.example Tue Jan  6 10:00:00 2026\n" + letter) * 3)
    (tmp_path / "large.eml").write_bytes(letter + b"x" * 200_000)

    names = [name for name, _ in corpus.mails(tmp_path)]

    assert names == ["inbox #1", "inbox #2", "inbox #3", "large.eml", "large.eml, its beginning"]


PIECES = (
    b"\0",
    b"\r",
    b"\n",
    b"\xff\xfe",
    b"\xe2\x80\xae",
    b"=?utf-8?b?",
    b"?=",
    b"=0D=0A",
    b"<",
    b">",
    b'"',
    b"(",
    b"&#",
    b"<!--",
)
MUTATIONS = int(os.environ.get("MAILBOT_MUTATIONS", "200"))


def damaged(raw: bytes, other: bytes, chance: random.Random) -> bytes:
    """The mail after up to four accidents: octets lost, doubled, turned over, or taken from another mail."""
    for _ in range(chance.randint(1, 4)):
        start = chance.randrange(len(raw) + 1)
        end = min(start + int(chance.expovariate(1 / 30)), len(raw))
        accidents = (
            raw[:start] + raw[end:],
            raw[:end] + raw[start:],
            raw[:start] + bytes(octet ^ 1 << chance.randrange(8) for octet in raw[start:end]) + raw[end:],
            raw[:start] + chance.choice(PIECES) + raw[start:],
            raw[:start] + other[start:],
            raw[:start] + other[: end - start] + raw[start:],
            raw[:start],
        )
        raw = chance.choice(accidents)
    return raw


@pytest.mark.timeout(max(300, MUTATIONS // 20))
def test_damaged_mails_keep_the_promises() -> None:
    """With MAILBOT_MUTATIONS=100000 in the environment, that many."""
    chance = random.Random(2026)
    mails = [path.read_bytes() for path in sorted(CASES.glob("*.eml"))]
    tried = ((f"number {n}", damaged(chance.choice(mails), chance.choice(mails), chance)) for n in range(MUTATIONS))

    tally = corpus.run(tried, draft_and_page)

    assert tally.reached, corpus.table(tally)


def _raises(raw: bytes) -> Made:
    raise ValueError("a bug")


def _is_slow(raw: bytes) -> Made:
    end = time.process_time() + corpus.SECONDS + 0.1
    while time.process_time() < end:
        pass
    return draft_and_page(raw)


def _takes_memory(raw: bytes) -> Made:
    assert bytearray(b"x") * (int(corpus.megabytes() + corpus.MEGABYTES + 10) * 1_048_576)
    return draft_and_page(raw)


def _loses_words(raw: bytes) -> Made:
    return replace(draft_and_page(raw), split=Split("Hi Ada,", "", ""))


def _adds_a_link(raw: bytes) -> Made:
    made = draft_and_page(raw)
    return replace(made, page=made.page.replace("\\[x\\](", "[x]("))


def _writes_to_eve(raw: bytes) -> Made:
    made = draft_and_page(raw)
    assert made.draft is not None
    wrong = made.draft.raw.replace(b"mara@", b"eve@")
    return replace(made, draft=replace(made.draft, raw=wrong))


@pytest.mark.parametrize(
    "make",
    [_raises, _is_slow, _takes_memory, _loses_words, _adds_a_link, _writes_to_eve],
    ids=lambda make: make.__name__,
)
def test_a_promise_that_is_broken_is_seen(make: corpus.Make) -> None:
    tally = corpus.run([("a.eml", RAW)], make)

    assert not tally.reached
    assert "a.eml" in corpus.table(tally)
