"""An own mail, read: whose it is, what of it is kept, how it begins and ends."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from letters import sent
from making import make_account

from mailbot.own import frame
from mailbot.own.sent import MOST_TEXT, OwnMail, read


def own(text: str, **changes: Any) -> OwnMail:
    mail = read(sent(text, **changes), make_account(), ["Ada Example"], arrived=2e9)
    assert mail is not None
    return mail


def is_kept(**changes: Any) -> bool:
    return read(sent("Hi Mara,\n\nyes.\n\nAda", **changes), make_account(), ["Ada Example"], arrived=2e9) is not None


def test_a_letter_is_kept_with_its_readers_and_its_frame() -> None:
    text = "Hi Mara,\n\nwe buy the racks, and it's done.\n\nBest regards\nAda\n"
    mail = own(text, cc="Bo@Northwind.example, ada@example.com")

    assert mail.to == ("mara@northwind.example",)
    assert mail.readers == ("mara@northwind.example", "bo@northwind.example")
    assert (mail.greeting.written, mail.greeting.habit) == ("Hi Mara,", "Hi {first name},")
    assert mail.signoff.written == "Best regards\nAda"
    assert (mail.language, mail.habits.words, mail.habits.contracted) == ("en", 7, 1)


@pytest.mark.parametrize(
    "changes",
    [
        {"From": "Mara <mara@northwind.example>"},
        {"From": "Ada <ada@example.org>, Mara <mara@northwind.example>"},
        {"From": ""},
        {"Reply_To": "evil@evil.example"},
        {"Sender": "assistant@example.net"},
        {"Resent_From": "mara@northwind.example"},
        {"Auto_Submitted": "auto-replied"},
        {"Precedence": "bulk"},
        {"List_Id": "<friends.example>"},
        {"Delivered_To": "ada@example.org"},  # it came from outside, whatever its From says
        {"X_Original_To": "ada@example.org"},
        {"to": "Ada <ada@example.com>"},  # a note to oneself
        {"to": ", ".join(f"p{n}@example.net" for n in range(60))},
    ],
)
def test_what_is_not_surely_a_letter_of_the_owners_is_not_kept(changes: dict[str, str]) -> None:
    assert not is_kept(**changes)


@pytest.mark.parametrize(
    "changes", [{"From": "ADA@example.COM"}, {"Reply_To": "ada@example.org"}, {"Sender": "ada@example.org"},
                {"Auto_Submitted": "no"}]
)  # fmt: skip
def test_a_letter_of_the_owners_is_kept(changes: dict[str, str]) -> None:
    assert is_kept(**changes)


CANARY = "zebrafish"
QUOTES = {
    "quoted below": f"Yes.\n\nOn Mon, 5 Jan 2026 at 09:00, Bo <bo@x.example> wrote:\n> {CANARY}\n> more\n",
    "quoted above": f"Am 05.01.2026 um 09:00 schrieb Bo <bo@x.example>:\n> {CANARY}\n\nYes.\n",
    "answers between": f"> Shall {CANARY}?\nYes.\n> And {CANARY} two?\nNo.\n",
    "a wrapped attribution": f"Yes.\n\nOn Mon, 5 Jan 2026 at 09:00, Bo Long Name\n<bo@x.example> wrote:\n> {CANARY}\n",
    "The Bat": f"Yes.\n\nBX> {CANARY}\n",
    "Outlook": f"Yes.\n\n________________________________\nFrom: Bo\nSent: Monday\nTo: Ada\nSubject: x\n\n{CANARY}\n",
    "Outlook, German": f"Yes.\n\nVon: Bo\nGesendet: Montag\nAn: Ada\nBetreff: x\n\n{CANARY}\n",
    "original": f"Yes.\n\n-----Original Message-----\n{CANARY}\n",
    "an unmarked quote": f"Yes.\n\nOn Monday, 5 January 2026, 09:00, Bo <bo@x.example> wrote:\n\n{CANARY}\n",
    "an attribution without an address": f"Yes.\n\nOn 5 Jan 2026, Bo wrote:\n{CANARY}\n",
    "forwarded": f"Yes.\n\n---------- Forwarded message ---------\nFrom: Bo <bo@x.example>\n\n{CANARY}\n",
    "forwarded by Apple": f"Yes.\n\nBegin forwarded message:\n\nFrom: Bo\nSubject: x\n\n{CANARY}\n",
    "below the signature": f"Yes.\n\n-- \nAda Example\n{CANARY}\n",
    "answers in red": f"Yes, see my answers below.\n\nFrom: Bo\nSent: Monday\nTo: Ada\nSubject: x\n\n{CANARY}\nNo.\n",
}


@pytest.mark.parametrize("name", QUOTES)
def test_nothing_of_what_another_wrote_is_kept(name: str) -> None:
    mail = own(QUOTES[name])

    assert CANARY not in mail.text
    assert "Yes" in mail.text


def test_nothing_of_a_forward_is_kept_that_has_only_its_subject_for_a_mark() -> None:
    mail = own(f"FYI\n\nFrom: Bo\nSent: Monday\nTo: Ada\nSubject: x\n\n{CANARY}\n", subject="FW: x")

    assert mail.text == "FYI"


def test_nothing_of_a_quote_in_html_is_kept() -> None:
    quoted = f"On 5 Jan 2026 Bo &lt;bo@x.example&gt; wrote:<blockquote>{CANARY}</blockquote>"
    html = f"<p>Yes.</p><div class=gmail_quote>{quoted}</div>"
    mail = read(sent("", html=html), make_account(), ["Ada Example"], arrived=2e9)

    assert mail is not None
    assert mail.text == "Yes."


def test_a_signature_without_a_mark_ends_the_text() -> None:
    mail = own("Hallo Mara,\n\npasst.\n\nViele Grüße\nAda\n\nAda Example\nProduct Lead\nTel. +49 30 1234567\n")

    assert mail.text == "Hallo Mara,\n\npasst.\n\nViele Grüße\nAda"
    assert mail.language == "de"  # by its sign-off: the text is too short


@pytest.mark.parametrize(
    ("text", "greeting", "habit"),
    [
        ("Hi Mara, works for me.\n", "Hi Mara,", "Hi {first name},"),
        ("Mara — Contoso should plan on us.\n", "Mara —", "{first name} —"),
        (
            "Sehr geehrte Frau Dr. Lindqvist,\n\nja.\n",
            "Sehr geehrte Frau Dr. Lindqvist,",
            "Sehr geehrte Frau Dr. {last name},",
        ),
        ("Hallo zusammen,\n\nja.\n", "Hallo zusammen,", "Hallo zusammen,"),
        ("Hello Mara Lindqvist\n\nyes.\n", "Hello Mara Lindqvist", "Hello {first name} {last name}"),
        ("Liebe Maus,\n\nja.\n", "Liebe Maus,", "Liebe {name},"),
        ("Grüß Gott, Frau Lindqvist!\n\nja.\n", "Grüß Gott, Frau Lindqvist!", "Grüß Gott, Frau {last name}!"),
        ("Hi, yes, Mara told me.\n", "Hi,", "Hi,"),
        ("Hola, Mara:\n\nsí.\n", "Hola, Mara:", "Hola, {first name}:"),
        ("お世話になっております。\n\nはい。\n", "お世話になっております。", "お世話になっております。"),
        ("田中様\n\nはい。\n", "田中様", "{name}様"),
        ("鈴木 部長様\n\nはい。\n", "鈴木 部長様", "{name}様"),
        ("王女士\n\n可以。\n", "王女士", "{name}女士"),
        ("皆様のお時間をいただきます。\n", "", ""),
        ("Yes, go ahead.\n", "", ""),
        ("Marita!\n\nsure.\n", "Marita!", "{first name}!"),  # what only a friend calls her
        ("Perfect!\n\nsure.\n", "", ""),
        ("Marita is here.\n", "", ""),
        ("Best of luck to all of you who are going to that long meeting tomorrow.\n", "", ""),
    ],
)
def test_a_greeting_is_told_from_a_text(text: str, greeting: str, habit: str) -> None:
    found = frame.read(text, ["Mara Lindqvist"], ["Ada Example"]).greeting

    assert (found.written, found.habit) == (greeting, habit)


@pytest.mark.parametrize(
    ("end", "signoff", "habit"),
    [
        ("Best regards,\nAda Example", "Best regards,\nAda Example", "Best regards,\nAda Example"),
        ("LG Ada", "LG Ada", "LG Ada"),
        ("Viele Grüße aus dem Krankenhaus\nAda", "Viele Grüße aus dem Krankenhaus\nAda", "Viele Grüße\nAda"),
        ("Liebe Grüße\nMausi", "Liebe Grüße\nMausi", "Liebe Grüße"),  # a name that only one person knows
        ("A.", "A.", "A."),
        ("– Ada", "– Ada", "– Ada"),
        ("Thanks, see you at the clinic", "Thanks, see you at the clinic", "Thanks,"),
        ("Have fun at the clinic", "", ""),
        ("See you at the clinic", "See you at the clinic", "See you"),
        ("Saygılarımla\nAda", "Saygılarımla\nAda", "Saygılarımla\nAda"),
    ],
)
def test_a_sign_off_is_told_and_as_a_habit_says_nothing_of_anybody(end: str, signoff: str, habit: str) -> None:
    found = frame.read(f"Hi Mara,\n\nyes, we do that.\n\n{end}", ["Mara Lindqvist"], ["Ada Example"]).signoff

    assert (found.written, found.habit) == (signoff, habit)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("Ich schicke dir die Liste, wenn du magst, und danke für deine Mühe mit dem Plan.", "du"),
        ("Ich schicke Ihnen die Liste, und danke für Ihre Mühe mit dem Plan.", "Sie"),
        ("Die Racks kommen morgen. Sie sind schon bezahlt, und sie sind nicht groß.", ""),  # they, not you
        ("Je vous envoie la liste pour votre réunion avec les autres.", "vous"),
        ("Te mando la lista para que la veas con los demás, y tú me dices.", "tú"),
    ],
)
def test_the_form_of_address_is_counted(text: str, address: str) -> None:
    assert own(text).habits.address == address


@pytest.mark.parametrize("date", ["Mon, 1 Jan 1900 00:00:00 +0000", "Fri, 31 Dec 9999 23:59:59 -1200", "soon", ""])
def test_a_date_is_never_before_there_was_mail_nor_after_it_arrived(date: str) -> None:
    assert own("Hi Mara,\n\nyes.\n\nAda", Date=date).at in (0.0, 2e9)


def test_a_huge_mail_is_read_in_time_and_kept_in_part() -> None:
    begun = time.process_time()
    texts = ("word " * 200_000, "> " * 500_000, "On 1 Jan x wrote:\n" * 50_000, "Hi " * 300_000, "\n" * 1_000_000)
    kept = [len(own(text).text) for text in texts]

    assert max(kept) <= MOST_TEXT
    assert time.process_time() - begun < 20


@settings(max_examples=200, deadline=None)
@given(head=st.binary(max_size=300), text=st.text(max_size=600), body=st.binary(max_size=600))
def test_whatever_lies_in_sent_is_read_or_left_and_no_quoted_line_is_kept(head: bytes, text: str, body: bytes) -> None:
    account = make_account()
    for raw in (
        head + b"\r\n\r\n" + body,
        b"From: ada@example.org\r\nTo: bo@x.example\r\n" + head + b"\r\n\r\n" + body,
    ):
        read(raw, account, ["Ada"], arrived=0.0)
    headers = b"From: ada@example.org\r\nTo: bo@x.example\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
    quoted = "\n".join(f"> {CANARY} {line}" for line in text.splitlines())
    mail = read(headers + f"{text}\n{quoted}\n{text}".encode("utf-8", "replace"), account, ["Ada"], arrived=0.0)

    assert mail is None or CANARY not in mail.text
