"""A reply in another language than the mail: asked for once more, then told."""

from __future__ import annotations

import json

import pytest
from fakes import ANSWER
from test_bot_trouble import break_append, try_cycle
from worlds import CONFIG, Lab, question

from mailbot.job import State
from mailbot.language import language

GERMAN = {
    **ANSWER,
    "language": "de",
    "reply": "Hallo Mara,\n\nwir kaufen die Server, und ich bin am Freitag da.\n\nAda",
}
TOLD = "The reply is in another language than the mail (German, not English): check it."


def _answers(lab: Lab, *answers: dict[str, object] | str) -> None:
    assert lab.endpoint is not None
    lab.endpoint.queue += [a if isinstance(a, str) else json.dumps(a) for a in answers]


def _asked(lab: Lab) -> int:
    assert lab.endpoint is not None
    return len(lab.endpoint.asked)


def _remarks(lab: Lab) -> tuple[str, ...]:
    return tuple(lab.jobs()[0].remarks)


def test_a_reply_in_the_wrong_language_is_asked_for_again(lab: Lab) -> None:
    lab.flag()
    _answers(lab, GERMAN)

    lab.settle()

    (draft,) = lab.mailbox.raws()
    assert b"we buy it" in draft
    assert _asked(lab) == 2
    assert _remarks(lab) == ()


def test_the_second_prompt_says_what_was_wrong(lab: Lab) -> None:
    lab.flag()
    _answers(lab, GERMAN)

    lab.settle()

    assert lab.endpoint is not None
    first, second = ("".join(m["content"] for m in asked) for asked in lab.endpoint.asked)
    assert language.WRONG not in first
    assert f"{language.WRONG} (German, not English)" in second


def test_a_reply_that_stays_in_the_wrong_language_is_drafted_with_a_remark(lab: Lab) -> None:
    lab.flag()
    _answers(lab, GERMAN, GERMAN)

    lab.settle()

    (draft,) = lab.mailbox.raws()
    assert "wir kaufen die Server" in draft.decode()
    assert _asked(lab) == 2
    assert _remarks(lab) == (TOLD,)
    assert "German, not English" in next(iter(lab.pages().values()))


def test_the_wrong_language_alone_never_parks_a_job(lab: Lab) -> None:
    lab.flag()
    _answers(lab, '{"reply": ""}', '{"reply": ""}', GERMAN)

    lab.settle()

    assert lab.jobs()[0].state is State.DONE
    assert _asked(lab) == 3
    assert _remarks(lab) == (TOLD,)


def test_a_retry_of_the_append_asks_no_model(lab: Lab) -> None:
    lab.flag()
    _answers(lab, GERMAN, GERMAN)
    break_append(lab, after=False)
    try_cycle(lab)
    lab.boot()

    lab.settle()

    assert len(lab.mailbox.raws()) == 1
    assert _asked(lab) == 2


def test_a_reply_in_the_language_of_the_mail_is_taken_whatever_the_owner_speaks(lab: Lab) -> None:
    raw = question().replace(
        b"who buys the hardware? And can we meet on Friday?", b"wer kauft die Server? Bitte sag mir"
    )
    lab.flag(raw)
    _answers(lab, GERMAN)

    lab.settle()

    assert _asked(lab) == 1
    assert _remarks(lab) == ()


def test_a_note_of_the_owner_is_not_argued_with(lab: Lab) -> None:
    lab.flag()
    lab.settle()
    done = lab.jobs()[0]
    place = (done.place.folder, done.place.uidvalidity, done.place.uid)
    note = "in German"
    lab.world.journal.begin(
        "asked", lab.clock, account=done.account, key=done.key, generation=2, place=place, note=note, mail=done.mail
    )
    _answers(lab, GERMAN)

    lab.settle()

    assert _asked(lab) == 2
    assert "wir kaufen" in lab.mailbox.raws()[1].decode()


@pytest.mark.parametrize(
    "lines",
    [
        'instructions = "Antworte Mara immer auf Deutsch."',
        '[[owner.for]]\nmatch = "northwind.example"\ninstructions = "Always answer in German."',
    ],
)
def test_a_language_that_the_owner_asks_for_is_not_wrong(lines: str) -> None:
    lab = Lab(CONFIG.replace("[archive]", f"{lines}\n[archive]", 1))
    lab.cycle()
    lab.flag()
    _answers(lab, GERMAN)
    lab.settle()

    assert (_asked(lab), _remarks(lab)) == (1, ())
    assert "wir kaufen die Server" in lab.mailbox.raws()[0].decode()
    lab.close()
