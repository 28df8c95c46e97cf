"""The thread around a mail: what leads to its mails, which are double, in which order they stand."""

from __future__ import annotations

import random
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from making import make_mail
from worlds import question

from mailbot.mail.thread import IDS, ThreadMail, identity, ids, newest, ordered

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


def one(name: str, hour: float = 0, *, answers: str = "", arrived: float | None = None, **changes: Any) -> ThreadMail:
    """A mail called ``<name>``, written so many hours after noon and arrived at once."""
    date = NOON + timedelta(hours=hour)
    parents = (f"<{answers}>",) if answers else ()
    mail = make_mail(**({"message_id": f"<{name}>", "date": date, "in_reply_to": parents} | changes))
    return ThreadMail(mail, own=False, arrived=date.timestamp() if arrived is None else arrived)


def names(mails: tuple[ThreadMail, ...]) -> str:
    return "".join(mail.mail.message_id.strip("<>") for mail in mails)


def test_mails_stand_by_date_in_whatever_order_they_were_found() -> None:
    mails = [one(name, hour) for hour, name in enumerate("abcdefgh")]
    random.Random(5).shuffle(mails)

    assert names(ordered(mails)) == "abcdefgh"


def test_no_answer_stands_before_what_it_answers() -> None:
    late_clock = one("a", 5), one("b", 1, answers="a"), one("c", 2, answers="b")

    assert names(ordered(late_clock)) == "abc"


def test_mails_that_answer_each_other_are_all_there_once() -> None:
    assert sorted(names(ordered([one("a", 0, answers="b"), one("b", 1, answers="a"), one("c", 2, answers="c")]))) == [
        *"abc"
    ]


def test_mails_without_an_id_or_a_date_are_all_there() -> None:
    bare = [one("", 1, date=None, arrived=NOON.timestamp() + n) for n in range(3)]

    assert len(ordered([*bare, one("a", 0)])) == 4


def test_the_newest_stay_by_when_the_server_took_them_in() -> None:
    future = one("f", 9000, arrived=NOON.timestamp() - 9999)
    belated = one("b", -9000, arrived=NOON.timestamp() + 9999)
    mails = [future, belated, one("x", 0), one("y", 1)]

    assert names(newest(mails, 2)) == "by"
    assert names(newest(mails, 4)) == "bfxy"


def test_a_thousand_mails_in_a_chain_are_ordered_in_no_time() -> None:
    chain = [one(f"{n}", -n, answers=f"{n - 1}") for n in range(1000)]
    began = time.process_time()

    assert [m.mail.message_id for m in ordered(chain)] == [f"<{n}>" for n in range(1000)]
    assert time.process_time() - began < 2


def test_the_ids_are_the_mails_own_its_parents_and_the_root() -> None:
    references = tuple(f"<{n}>" for n in range(100))

    found = ids(make_mail(message_id="<own>", in_reply_to=("<99>",), references=references))

    assert found[:3] == ("<own>", "<99>", "<98>")
    assert found[-1] == "<0>"
    assert len(found) <= IDS + 2


@pytest.mark.parametrize("hostile", ["<ä@x>", "<a\r\nb>", "<a\0b>", "<" + "a" * 990 + ">", ""])
def test_an_id_that_no_command_may_carry_is_not_looked_for(hostile: str) -> None:
    assert ids(make_mail(message_id=hostile, references=("<fine@x>", hostile))) == ("<fine@x>",)


def test_copies_and_second_deliveries_are_one_mail_and_a_borrowed_id_is_not() -> None:
    direct, over_the_list = question(), question(Received="from list.example by mx.example.org; later")
    borrowed = question(From="Eve <eve@x.example>")

    assert identity(direct) == identity(over_the_list)
    assert identity(direct) != identity(borrowed)
