"""Which language a mail is in."""

from __future__ import annotations

import time

import pytest

from mailbot.prompt.language import detect

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
    ],
)
def test_language_that_cannot_be_told_is_empty(text: str) -> None:
    assert detect(text) == ""


def test_foreign_name_does_not_change_the_language() -> None:
    assert detect("Please send it to 山田太郎 and to Иван, they will have a look at it.") == "en"


def test_long_text_costs_little_time() -> None:
    started = time.process_time()
    detect("a'" * 500_000)
    assert time.process_time() - started < 0.5
