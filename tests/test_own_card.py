"""The style card and the choice of samples, from mails as they were read."""

from __future__ import annotations

from typing import Any

from letters import sent
from making import make_account, make_mail

from mailbot.own import query, samples
from mailbot.own.card import card
from mailbot.own.notes import Passage
from mailbot.own.sent import OwnMail, read

MARA, BO, JO = "mara@northwind.example", "bo@northwind.example", "jo@x.example"


def own(text: str, to: str = MARA, **changes: Any) -> OwnMail:
    mail = read(sent(text, to, **changes), make_account(), ["Ada Example"], arrived=2e9)
    assert mail is not None
    return mail


def lines(mails: list[OwnMail], to: str = MARA, *others: str, language: str = "en", address: str = "") -> str:
    return "\n".join(card(mails, to=[to], readers=[to, *others], language=language, address=address))


FAMILIAR = [
    own(f"Hi Jo,\n\nich schicke dir die Liste {n}, und danke für deine Mühe.\n\nLG Ada", JO, number=n)
    for n in (1, 2, 3)
]
FORMAL = [
    own(f"Sehr geehrte Frau Weber,\n\nich schicke Ihnen die Liste {n}, danke.\n\nMit freundlichen Grüßen\nAda Example",
        "weber@amt.example", number=n)
    for n in (4, 5, 6)
]  # fmt: skip
ENGLISH = [own(f"Hi Mara,\n\nhere is what you need, the list {n}.\n\nCheers\nAda", number=n) for n in (7, 8, 9)]


def test_a_habit_needs_three_mails_and_comes_from_as_near_as_there_are() -> None:
    assert card(ENGLISH[:2], to=[MARA], readers=[MARA], language="en") == ()
    assert lines(ENGLISH).startswith("Counted from 3 mails in English to this person\nGreeting: “Hi Mara,” (3 of 3)\n")
    assert lines(ENGLISH, MARA, BO).startswith(
        "Counted from 3 mails in English to this person\nGreeting: “Hi {first name},” (3 of 3)\n"
    )
    assert lines(ENGLISH, BO).startswith(
        "Counted from 3 mails in English to other people\nGreeting: “Hi {first name},”"
    )
    assert lines(ENGLISH, language="de") == lines(ENGLISH, language="")
    assert lines(ENGLISH, language="de").startswith(
        "Counted from 3 mails in other languages\nLength between greeting and sign-off: about 7 words"
    )


def test_japanese_is_addressed_by_name_and_measured_in_characters() -> None:
    text = "田中様\n\nお世話になっております。資料{}をお送りいたします。\n\nよろしくお願いいたします。\nAda"
    mails = [own(text.format(n), number=n) for n in range(3)]

    told = lines(mails, BO, language="ja")

    assert "Greeting: “{name}様” (3 of 3)" in told
    assert "sign-off: about 28 characters" in told


def test_a_stranger_is_written_to_as_others_who_are_addressed_alike() -> None:
    mails = [*FAMILIAR, *FORMAL]

    polite = lines(mails, "new@amt.example", language="de", address="Sie")
    plain = lines(mails, "new@amt.example", language="de")

    assert "all with “Sie”\nGreeting: “Sehr geehrte Frau" in polite
    assert "LG" not in polite
    assert "LG Ada” (3 of 6)" in plain
    assert "Form of address" not in polite + plain  # that of the mail holds
    assert "Form of address: du" in lines(mails, JO, language="de")


def test_what_differs_from_mail_to_mail_is_no_habit() -> None:
    frames = "Hi/Cheers Hello/Best Dear/Regards Hey/Thanks Morning/x"
    texts = ("{} Mara,\n\nhere is what you need.\n\n{}".format(*each.split("/")) for each in frames.split())

    told = lines([own(text, number=n) for n, text in enumerate(texts)])

    assert "Greeting: differs from mail to mail" in told
    assert "Sign-off: differs from mail to mail" in told


def test_of_samples_the_near_and_the_recent_come_first_each_once_and_short() -> None:
    long = own("Hi Mara,\n\n" + "This is a sentence about the racks. " * 30 + "\n\nBest\nAda", number=90)
    mails = [
        *[own(f"Hi Mara,\n\nthis is about the {n} list.\n\nAda", number=at * 24) for at, n in enumerate("abcdefgh", 1)],
        own("Hi Mara,\n\nthis is about the h list.\n\nAda", number=400),  # the same again
        own("Yes.\n\nAda", number=401),
        own("Hi Mara,\n\n" + "and this is very long " * 80, number=402),
        long,
    ]

    def chosen(*near: str, known: tuple[str, ...] = ()) -> list[OwnMail]:
        return list(samples.choose(mails, readers=[MARA], language="en", near=near, known=known))

    assert [mail.message_id for mail in chosen()][:2] == ["<own-400@example.org>", "<own-168@example.org>"]
    assert chosen("<own-24@example.org>")[0].message_id == "<own-24@example.org>"
    assert len(chosen()) == samples.MOST
    assert "<own-400@example.org>" not in [m.message_id for m in chosen(known=("<own-400@example.org>",))]
    (cut,) = [mail.text for mail in chosen(long.message_id) if mail.message_id == long.message_id]
    assert len(cut) <= samples.LENGTH + 60
    assert cut.endswith("about the racks. [...]\n\nBest\nAda")


def test_notes_about_a_reader_come_after_those_about_the_topic_and_are_few() -> None:
    asked = ("northwind", "mara", "rack", "kilo")
    about = [Passage(f"Northwind › {n}", "Paid.") for n in range(5)]
    topical = Passage("Racks", "Eight hundred.")
    vague = Passage("Other", "Mara and Northwind.")

    assert query.worth_showing([*about, vague, topical], asked, make_mail().from_) == (topical, *about[:2])


def test_no_sample_holds_an_account_or_a_password() -> None:
    texts = ("it goes to DE02 1203 0000 0000 2020 51", "my number is 0171/1234567", "the password is rosebud")
    mails = [own(f"Hi Mara,\n\nand {text}, as you have asked me.\n\nAda", number=n) for n, text in enumerate(texts)]
    plain = own("Hi Mara,\n\nthe 24 racks come on 05.01.2026 at 14:30, as you have asked me.\n\nAda", number=9)

    assert samples.choose([*mails, plain], readers=[MARA], language="en", near=(), known=()) == (plain,)
