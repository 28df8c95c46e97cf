"""Fresh text, history, signature: cut where it is certain, whole where an answer could be lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.mail.quote import Split, split

FRESH = "Thursday suits me.\n\nMara"

ATTRIBUTIONS = {
    "en Gmail": "On Mon, 5 Jan 2026 at 10:00, Ada Example <ada@example.org> wrote:",
    "en wrapped": "On Monday, 5 January 2026 at 10:00:00 GMT+1, Ada Example\n<ada@example.org> wrote:",
    "en wrapped twice": "On Monday, 5 January 2026 at\n10:00, Ada Example from the office\n<ada@example.org> wrote:",
    "en undated": "Ada Example wrote:",
    "de undated": "Ada Example schrieb:",
    "en Thunderbird": "On 1/5/26 10:00, Ada Example wrote:",
    "de": "Am Mo., 5. Jan. 2026 um 10:00 Uhr schrieb Ada Example <ada@example.org>:",
    "de Apple": "Am 05.01.2026 um 10:00 schrieb Ada Example <ada@example.org>:",
    "fr": "Le lun. 5 janv. 2026 à 10:00, Ada Example <ada@example.org> a écrit :",
    "es": "El lun, 5 ene 2026 a las 10:00, Ada Example (<ada@example.org>) escribió:",
    "it": "Il giorno lun 5 gen 2026 alle ore 10:00 Ada Example ha scritto:",
    "nl": "Op ma 5 jan 2026 om 10:00 schreef Ada Example <ada@example.org>:",
    "pt": "Em seg., 5 de jan. de 2026 às 10:00, Ada Example escreveu:",
    "pl": "pon., 5 sty 2026 o 10:00 Ada Example <ada@example.org> napisał(a):",
    "sv": "Den mån 5 jan. 2026 kl 10:00 skrev Ada Example <ada@example.org>:",
    "tr": "Ada Example <ada@example.org>, 5 Oca 2026 Pzt, 10:00 tarihinde şunu yazdı:",
    "ru": "пн, 5 янв. 2026 г. в 10:00, Ada Example <ada@example.org>:",
    "ja": "2026年1月5日(月) 10:00 Ada Example <ada@example.org>:",
    "ja verb": "2026年1月5日 10:00、Ada Exampleが書きました:",
    "zh": "Ada Example <ada@example.org> 于2026年1月5日周一 10:00写道：",
}

BLOCKS = {
    "en": "From: Ada Example <ada@example.org>\nSent: Monday, 5 January 2026 10:00\nTo: Mara\nSubject: Date",
    "en bold": "*From:* Ada Example\n*Sent:* Monday\n*To:* Mara\n*Subject:* Date",
    "en rule": "________________________________\nFrom: Ada\nSent: Monday\nTo: Mara\nSubject: Date",
    "en marked": "-----Original Message-----\nFrom: Ada\nSent: Monday\nSubject: Date",
    "en no subject": "From: Ada <ada@example.org>\nSent: Monday\nTo: Mara",
    "de": "Von: Ada\nGesendet: Montag\nAn: Mara\nBetreff: Termin",
    "fr": "De : Ada\nEnvoyé : lundi\nÀ : Mara\nObjet : Date",
    "es": "De: Ada\nEnviado el: lunes\nPara: Mara\nAsunto: Fecha",
    "it": "Da: Ada\nInviato: lunedì\nA: Mara\nOggetto: Data",
    "nl": "Van: Ada\nVerzonden: maandag\nAan: Mara\nOnderwerp: Datum",
    "pt": "De: Ada\nEnviado: segunda-feira\nPara: Mara\nAssunto: Data",
    "pl": "Od: Ada\nWysłano: poniedziałek\nDo: Mara\nTemat: Termin",
    "sv": "Från: Ada\nSkickat: måndag\nTill: Mara\nÄmne: Datum",
    "tr": "Kimden: Ada\nGönderildi: Pazartesi\nKime: Mara\nKonu: Tarih",
    "ru": "От: Ada\nОтправлено: понедельник\nКому: Mara\nТема: Дата",
    "ja": "差出人: Ada\n送信日時: 2026年1月5日\n宛先: Mara\n件名: 日程",
    "zh": "发件人: Ada\n发送时间: 2026年1月5日\n收件人: Mara\n主题: 日期",
    "zh wide": "寄件者：Ada\n寄件日期：2026年1月5日\n收件者：Mara\n主旨：日期",
}


@pytest.mark.parametrize("line", ATTRIBUTIONS.values(), ids=ATTRIBUTIONS.keys())
def test_a_quote_below_its_attribution_is_history(line: str) -> None:
    history = f"{line}\n\n> When shall we meet?\n>\n> Ada"
    assert split(f"{FRESH}\n\n{history}\n") == Split(FRESH, history, "")


@pytest.mark.parametrize(
    "line",
    [
        "Am Mo., 5. Jan. 2026 um 10:00 Uhr schrieb Ada Example <\nada@example.org>:",
        "man. 5. jan. 2026 kl. 10:00 skrev Ada Example <ada@example.org\n>:",
        "On Mon, Jan 5, 2026 at 10:00 AM The Hiring Desk <\na-really-long-name+12@example.org> wrote:",
        "On Jan 5, 2026,\nat 10:00,\nAda Example <ada@example.org> wrote:",
        "пн, 5 янв. 2026 г.\nв 10:00, Ada Example <ada@example.org>:",
    ],
)
def test_an_attribution_that_breaks_at_its_brackets_is_history_whole(line: str) -> None:
    assert split(f"{FRESH}\n\n{line}\n\n> When?\n") == Split(FRESH, f"{line}\n\n> When?", "")


UNMARKED = {
    "Yahoo": "    On Monday, January 5, 2026 at 10:00:00 AM GMT+1, Ada Example <ada@example.org> wrote:  ",
    "Yahoo es": "En lunes, 5 de enero de 2026, 10:00:00 CET, Ada Example <ada@example.org> escribió:",
    "brackets": "Em 5 de janeiro de 2026 às 10:00:35, Ada Example - Loja (\nada@example.org) escreveu:",
    "Outlook's apps": "On Jan 5, 2026, at 10:00, Ada Example <ada@example.org<\nmailto:ada@example.org>> wrote:",
    "Polish webmail": "Dnia 5 stycznia 2026 10:00 Ada Example <ada@example.org> napisał(a):",
    "Mail.ru": "Понедельник, 5 января 2026, 10:00 +03:00 от Ada Example <ada@example.org>:",
    "Zoho": "---- On Mon, 05 Jan 2026 10:00:00 +0100 ada@example.org wrote ----",
    "Proton's dashes": "‐‐‐‐‐‐‐ Original Message ‐‐‐‐‐‐‐",
    "Samsung da": "-------- Oprindelig besked --------",
    "Orange": "Message du : 05/01/2026 10:00\nDe : ada@example.org\nA : mara@example.org\nSujet : Date",
}


@pytest.mark.parametrize("line", UNMARKED.values(), ids=UNMARKED.keys())
def test_history_without_quote_marks_goes_to_the_end(line: str) -> None:
    parts = split(f"{FRESH}\n\n{line}\n\nWhen shall we meet?\n\nAda")
    assert (parts.fresh, parts.history.partition("\n")[0].strip()) == (FRESH, line.partition("\n")[0].strip())
    assert parts.history.endswith("Ada")


@pytest.mark.parametrize(
    "fresh",
    [
        "See below.",
        "My answers are in red, between your lines of Monday.",
        "Meine Antworten stehen unten.",
        "回答は赤字です。",
    ],
)
def test_a_writer_who_answers_below_loses_nothing(fresh: str) -> None:
    text = f"{fresh}\n\n{BLOCKS['en']}\n\nWhen?\nThursday.\nWhere?\nHere."
    assert split(text) == Split(text, "", "")


@pytest.mark.parametrize(
    "subject", ["FW: Offer", "WG: Angebot", "TR : Offre", "RV: Oferta", "I: Offerta", "İLT: Teklif"]
)
def test_a_forward_that_only_its_subject_tells_stays_whole(subject: str) -> None:
    text = f"What do you think?\n\n{BLOCKS['en']}\n\nWe offer 5 boxes."
    assert split(text, subject) == Split(text, "", "")
    assert split(text, f"Re: {subject}").fresh == "What do you think?"


@pytest.mark.parametrize(
    "line",
    [
        "Sent from my iPhone",
        "Von meinem iPhone gesendet",
        "Get Outlook for iOS<https://aka.ms/o0ukef>",
        "iPhoneから送信",
    ],
)
def test_the_line_that_a_phone_adds_is_a_signature(line: str) -> None:
    history = f"{ATTRIBUTIONS['de Apple']}\n> Wann?"
    assert split(f"{FRESH}\n\n{line}\n\n{history}") == Split(FRESH, history, line)
    assert split(f"{FRESH}\n\n{history}\n\n{line}").fresh == FRESH
    assert split(line) == Split(line, "", "")


@pytest.mark.parametrize("line", ["Sent from my desk, is much easier than a phone.", "Das ist vom iPhone gesendet."])
def test_a_sentence_about_sending_is_no_signature(line: str) -> None:
    assert split(f"{FRESH}\n\n{line}").signature == ""


@pytest.mark.parametrize("block", BLOCKS.values(), ids=BLOCKS.keys())
def test_everything_below_a_quoted_header_is_history(block: str) -> None:
    history = f"{block}\n\nWhen shall we meet?\nAda"
    assert split(f"{FRESH}\n\n{history}\n") == Split(FRESH, history, "")


def test_blank_lines_between_an_attribution_and_its_quote_change_nothing() -> None:
    history = f"{ATTRIBUTIONS['en Gmail']}\n\n\n\n> Now?"
    assert split(f"Yes.\n\n{history}") == Split("Yes.", history, "")


def test_a_quote_without_attribution_is_history() -> None:
    assert split("Yes.\n\n> Now?\n") == Split("Yes.", "> Now?", "")


def test_a_signature_is_only_what_its_mark_begins() -> None:
    assert split("Yes.\n\n-- \nMara\nNorthwind") == Split("Yes.", "", "Mara\nNorthwind")
    assert split("Yes.\n--\nMara").signature == ""
    assert split("a\n-- \nb\n-- \nMara").signature == "Mara"


def test_signature_and_history_in_either_order() -> None:
    line = ATTRIBUTIONS["en Gmail"]
    assert split(f"Yes.\n-- \nMara\n\n{line}\n> Now?") == Split("Yes.", f"{line}\n> Now?", "Mara")
    assert split(f"Yes.\n\n{line}\n> Now?\n\n-- \nMara").fresh == "Yes."


@pytest.mark.parametrize(
    "text",
    [
        f"{ATTRIBUTIONS['en Gmail']}\n> First?\nYes.\n> Second?\nNo.",
        f"Answers below.\n\n{ATTRIBUTIONS['de']}\n> Erstens?\n\nJa.\n",
        f"{ATTRIBUTIONS['en Gmail']}\n> When?\n\nThursday.",
        "See:\n> First?\nYes.",
    ],
)
def test_answers_among_quoted_lines_stay_with_them(text: str) -> None:
    assert split(text) == Split(text.strip("\n"), "", "")


@pytest.mark.parametrize(
    "mark",
    [
        "---------- Forwarded message ---------",
        "Begin forwarded message:",
        "-------- Weitergeleitete Nachricht --------",
        "Anfang der weitergeleiteten Nachricht:",
        "---------- Message transféré ---------",
        "---------- Mensaje reenviado ---------",
        "---------- Messaggio inoltrato ---------",
        "---------- Doorgestuurd bericht ---------",
        "---------- Mensagem encaminhada ---------",
        "---------- Wiadomość przekazana ---------",
        "-------- Vidarebefordrat meddelande --------",
        "---------- İletilen mesaj ---------",
        "---------- Пересылаемое сообщение ---------",
        "---------- 転送されたメッセージ ---------",
        "---------- 转发的邮件 ---------",
    ],
)
def test_a_forwarded_mail_is_not_history(mark: str) -> None:
    text = f"What do you think?\n\n{mark}\n{BLOCKS['en']}\n\nWe offer 5 boxes."
    assert split(text) == Split(text, "", "")


def test_a_mail_that_is_only_a_quoted_header_was_forwarded() -> None:
    text = f"{BLOCKS['de']}\n\nWir bieten 5 Kisten."
    assert split(text) == Split(text, "", "")


@pytest.mark.parametrize(
    "text",
    [
        "Am Montag schrieb ich:\n\nKommt ihr?",
        "On Monday he wrote:\nnothing at all.",
        "On 5 May I wrote to bob@example.org:\nno answer.",
        "From: Berlin\nTo: Paris\nDate: 5 May\n\nCan you book that?",
        "The forwarded message did not arrive. Send it again, please.",
        "Q: When?\nA: Now.\nThe subject: none",
        "Original message lost.",
    ],
)
def test_words_that_only_look_like_a_quote_stay(text: str) -> None:
    assert split(text) == Split(text, "", "")


def test_a_deeper_quoted_header_below_a_quote_is_history_too() -> None:
    history = f"{ATTRIBUTIONS['en Gmail']}\n> Now?\n\n{BLOCKS['en']}\n\nOlder."
    assert split(f"Yes.\n\n{history}") == Split("Yes.", history, "")


def test_the_footer_of_a_list_is_no_answer() -> None:
    history = f"{ATTRIBUTIONS['en Gmail']}\n> Now?\n\n_______________________________________________\nParents list"
    assert split(f"Yes.\n\n{history}") == Split("Yes.", history, "")


@given(st.lists(st.sampled_from(["> a", "b", "", "-- ", "On 5 Jan x@y wrote:", *BLOCKS["en"].split("\n"), "---"])))
def test_no_words_are_lost(lines: list[str]) -> None:
    text = "\n".join(lines)
    parts = split(text)
    kept = [line for part in (parts.fresh, parts.signature, parts.history) for line in part.split("\n")]
    assert sorted(line for line in kept if line.strip("- ")) == sorted(line for line in lines if line.strip("- "))


@pytest.mark.parametrize(
    "text",
    [
        "Hi!\n\nFriday, August 30, 2002, 7:25 PM Bob <b@example.org> wrote:\n\nBO> When?\n\nNow.",
        "It says:\nMay 29 2009 11:58:43 kernel: version 2.6 (buildd@palmer) and then the rest of it:\nboom.",
        "What now?\n\n---------- Forwarded message ---------\nFrom: a@example.org\n\nHi\n-- \nDear Sir,\nfive boxes.",
    ],
)
def test_answers_logs_and_forwarded_signatures_are_not_cut(text: str) -> None:
    assert split(text) == Split(text, "", "")


def test_below_an_unmarked_quote_at_the_top_the_signature_is_still_found() -> None:
    text = "On Fri, 04 Oct 2002 03:25:30 +0200\nVincent <v@example.org> wrote:\n\n= Does it work?\n\nYes."
    assert split(f"{text}\n\n-- \nJesse") == Split(text, "", "Jesse")
