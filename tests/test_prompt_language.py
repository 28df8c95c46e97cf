"""Which language a mail is in."""

from __future__ import annotations

import time

import pytest

from mailbot.prompt.language import detect, mismatch, spoken

SAMPLES = {
    "en": "Hi Ada, could you send us the offer by Friday? We need it for the meeting.",
    "de": "Hallo Ada, können Sie uns bitte das Angebot bis Freitag schicken? Wir brauchen es für die Sitzung.",
    "fr": "Bonjour Ada, pouvez-vous nous envoyer votre offre avant vendredi ? Merci d'avance.",
    "es": "Hola Ada, ¿nos puede enviar la oferta antes del viernes? Gracias por todo.",
    "it": "Buongiorno Ada, ci può mandare l'offerta entro venerdì? Grazie, un saluto.",
    "nl": "Hallo Ada, kunt u ons de offerte voor vrijdag sturen? Wij hebben het graag op tijd.",
    "pt": "Olá Ada, pode enviar-nos a proposta até sexta-feira? Muito obrigado, um bom dia.",
    "pl": "Dzień dobry, czy może Pani przesłać nam ofertę do piątku? Dziękuję i pozdrawiam.",
    "sv": "Hej Ada, kan du skicka offerten till oss före fredag? Tack så mycket, vi behöver den.",
    "tr": "Merhaba Ada, teklifi cuma gününe kadar bize gönderir misiniz? Çok teşekkürler, iyi günler.",
    "ru": "Здравствуйте, Ада! Пришлите, пожалуйста, предложение до пятницы.",
    "ja": "お世話になっております。金曜日までに見積書をお送りいただけますでしょうか。",
    "zh": "您好，请在星期五之前把报价发给我们。谢谢！",
}


@pytest.mark.parametrize("language", SAMPLES)
def test_language_of_a_short_mail_is_told(language: str) -> None:
    assert detect(SAMPLES[language]) == language


@pytest.mark.parametrize(
    "text",
    [
        "",
        "12 + 30 = 42",
        "ok",
        "Ada Lovelace",
        "https://a.example/x",
        "Доброго дня, надішліть, будь ласка, пропозицію її",
        "안녕하세요",
        "Hej Ada, kan du sende tilbuddet til os inden fredag? Vi har brug for det til mødet. Mange tak.",
        "Hei Ada, kan du sende oss tilbudet før fredag? Vi trenger det til møtet. Takk for hjelpen.",
        "Bon dia Ada, ens podeu enviar l'oferta abans de divendres? La necessitem per a la reunió. Moltes gràcies.",
        "Ola Ada, pode enviarnos a oferta antes do venres? Precisámola para a reunión. Moitas grazas.",
        "Здравейте, бихте ли ни изпратили офертата до петък? Трябва ни за срещата. Благодаря ви много.",
    ],
)
def test_language_that_cannot_be_told_is_empty(text: str) -> None:
    assert detect(text) == ""


def test_foreign_name_does_not_change_the_language() -> None:
    assert detect("Please send it to 山田太郎 and to Иван, they will have a look at it.") == "en"


def test_a_new_text_that_is_too_short_is_in_the_language_of_what_it_quotes() -> None:
    assert spoken("Ja, gut.", f"Ja, gut.\n\n> {SAMPLES['de']}", "en") == "de"
    assert spoken(SAMPLES["fr"], f"{SAMPLES['fr']}\n> {SAMPLES['de'] * 3}", "en") == "fr"
    assert spoken("ok", "ok", "it") == "it"


def test_long_text_costs_little_time() -> None:
    started = time.process_time()
    detect("a'" * 500_000)
    assert time.process_time() - started < 0.5


@pytest.mark.parametrize("language", SAMPLES)
def test_a_reply_in_the_language_of_the_mail_is_right(language: str) -> None:
    assert mismatch(SAMPLES[language], SAMPLES[language], language) == ""


@pytest.mark.parametrize("language", SAMPLES)
@pytest.mark.parametrize("other", ["en", "es", "ru", "zh"])
def test_a_reply_in_another_language_is_told(language: str, other: str) -> None:
    assert bool(mismatch(SAMPLES[language], SAMPLES[other], other)) == (language != other)


def test_the_sentence_names_both_languages() -> None:
    assert mismatch(SAMPLES["de"], SAMPLES["en"], "en") == (
        "The reply is in another language than the mail (English, not German)"
    )


@pytest.mark.parametrize(
    ("mail", "reply"),
    [
        ("안녕하세요 금요일까지 견적서를 보내 주시겠어요", SAMPLES["en"]),
        ("Γεια σου Άντα, μπορείς να μας στείλεις την προσφορά;", SAMPLES["de"]),
        (SAMPLES["fr"], "שלום, אפשר לשלוח לנו את ההצעה עד יום שישי"),
        ("Hej Ada, kan du sende tilbuddet til os inden fredag? Vi har brug for det til mødet.", SAMPLES["en"]),
    ],
)
def test_a_language_that_is_not_spoken_here_is_told_from_others(mail: str, reply: str) -> None:
    assert mismatch(mail, reply, "")


@pytest.mark.parametrize(
    ("mail", "reply"),
    [
        (SAMPLES["de"], "OK"),
        (SAMPLES["de"], ""),
        (SAMPLES["de"], "Hallo, das Angebot ist fertig. [[fill: when will you send it to them, and how?]]"),
        (
            SAMPLES["de"],
            "Hallo Ada, wir haben das Angebot von “The House of the Rising Sun and Sons” nicht, bitte warten.",
        ),
        ("ok", SAMPLES["en"]),
        (SAMPLES["es"], "Gracias, sí. Pode ser."),
        ("Hej Ada, kan du sende tilbuddet til os inden fredag?", SAMPLES["sv"]),
    ],
)
def test_what_is_not_certain_is_not_called_wrong(mail: str, reply: str) -> None:
    assert mismatch(mail, reply, "") == ""


def test_the_language_that_the_model_named_counts_where_the_mail_tells_nothing() -> None:
    assert mismatch("?", SAMPLES["en"], "de")
    assert not mismatch(SAMPLES["en"], SAMPLES["en"], "de")
    assert not mismatch("?", SAMPLES["en"], "nb")
