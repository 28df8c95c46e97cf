"""The outline writer."""

from __future__ import annotations

import json
import time
from dataclasses import asdict

import pytest
from test_language import SAMPLES
from test_prompt_build import VOICE, mail

from mailbot.language.language import detect
from mailbot.mail.mail import Address, Mail
from mailbot.prompt.answer import Answer, read
from mailbot.prompt.guard import gaps
from mailbot.prompt.outline import questions, write
from mailbot.reply.identity import Voice


def outline(text: str = "How many desks?", language: str = "en", name: str = "Mara", **changes: object) -> Answer:
    voice = changes.pop("voice", VOICE)
    assert isinstance(voice, Voice)
    answered: Mail = mail(text=text, **changes)
    return write(mail=answered, fresh=text, voice=voice, correspondent=name, language=language)


def test_each_question_gets_a_gap_between_greeting_and_sign_off() -> None:
    text = "Hi Ada,\n\nhow many desks do\nyou need? And by when? We can deliver next week.\n\nMara"
    assert outline(text).reply == (
        "Hello Mara,\n\n"
        "On “how many desks do you need?”:\n[[fill: your answer]]\n\n"
        "On “And by when?”:\n[[fill: your answer]]\n\n"
        "Best regards\nAda Example"
    )


def test_mail_without_a_question_gets_one_gap() -> None:
    assert outline("See you.").reply == "Hello Mara,\n\n[[fill: your answer]]\n\nBest regards\nAda Example"


@pytest.mark.parametrize("language", SAMPLES)
def test_outline_speaks_the_language_of_the_mail(language: str) -> None:
    answer = outline(SAMPLES[language], language)
    assert answer.language == language
    assert detect(answer.reply) in (language, "")
    assert len(gaps(answer.reply)) == max(1, len(answer.questions))
    assert "Mara" in answer.reply
    assert answer.reply.endswith("\nAda Example")
    if language != "en":
        assert "Hello" not in answer.reply


def test_language_that_it_does_not_speak_is_english() -> None:
    assert outline(language="fi").language == "en"
    assert outline(language="de-AT").language == "de"


def test_gap_speaks_the_owners_language() -> None:
    german = Voice(address="a@x.example", name="Ada", signature="", about="", language="de")
    assert gaps(outline(language="fr", voice=german).reply) == ("Ihre Antwort",)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Are you free? Yes? No.", ("Are you free?", "Yes?")),
        ("See https://a.example/?q=1 please.", ()),
        ("Really?! I see. - When?", ("When?",)),
        ("“Is it done?” he asked", ("Is it done?",)),
        ("何時ですか？よろしく。", ("何時ですか？",)),
        ("Why?\n\nWhy?", ("Why?",)),
        ("? ??", ()),
        ("", ()),
    ],
)
def test_questions_are_found(text: str, found: tuple[str, ...]) -> None:
    assert questions(text) == found


@pytest.mark.parametrize(
    ("name", "greeting"),
    [
        ("Mara Lindqvist", "Hello Mara Lindqvist,"),
        ("Lindqvist, Mara", "Hello Mara Lindqvist,"),
        ("", "Hello,"),
        ("mara@x.example", "Hello,"),
        ("{0} <b>\nBcc: x", "Hello 0 b Bcc: x,"),
    ],
)
def test_greeting_names_the_reader(name: str, greeting: str) -> None:
    assert outline(name=name).reply.split("\n")[0] == greeting


def test_question_can_forge_neither_gap_nor_markup() -> None:
    reply = outline("Is [[fill: nothing]] <b>or</b> [x](http://e.example) fine?").reply
    assert gaps(reply) == ("your answer",)
    assert "<b>" not in reply
    assert "](" not in reply


@pytest.mark.parametrize(
    ("subject", "urgency"), [("URGENT: desks", "urgent"), ("Dringende Bitte", "urgent"), ("Insurgents", "normal")]
)
def test_urgency_is_what_the_subject_says(subject: str, urgency: str) -> None:
    assert outline(subject=subject).urgency == urgency


def test_page_has_title_summary_and_points() -> None:
    answer = outline("How many desks?")
    assert answer.title == "Mara Lindqvist: Desks"
    assert answer.summary == "How many desks?"
    assert answer.key_points == ("Answer: How many desks?",)


def test_mail_without_anything_still_gets_an_outline() -> None:
    answer = outline("", name="", subject="", from_=())
    assert answer.title == "Somebody: a mail without a subject"
    assert answer.key_points == ("Answer Somebody",)
    assert gaps(answer.reply) == ("your answer",)


def test_sender_without_a_name_is_the_address() -> None:
    assert outline(from_=(Address("", "m@x.example"),)).title == "m@x.example: Desks"


def test_outline_survives_being_read_like_a_models_answer() -> None:
    answer = outline("How many? When?")
    assert read(json.dumps(asdict(answer), ensure_ascii=False), "schema") == answer


def test_hostile_megabyte_costs_little_time() -> None:
    for piece in ("? ", "a?\n\n", "“", "x"):
        started = time.process_time()
        outline(piece * (1_000_000 // len(piece)))
        assert time.process_time() - started < 0.5
