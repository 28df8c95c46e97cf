"""What a text costs: never much less than a server will count. The counts here are the highest of five tokenizers:
DeepSeek V3, GPT-4o, Gemma 3, Llama 3 and Qwen 3."""

from __future__ import annotations

import base64
import random
import time

import pytest

from mailbot.prompt.budget import cost, fit, tokens

MAIL = [  # ten times each
    (
        281,
        "Hi Ada, thanks for the sizing sheet. Two things before Thursday: who signs, and can we take the 40 kW racks? ",
    ),
    (301, "Könnten Sie uns bitte bis Donnerstag das Angebot für die zwölf höhenverstellbaren Schreibtische schicken? "),
    (251, "Pourriez-vous nous confirmer la date de livraison des douze bureaux avant vendredi prochain ? "),
    (241, "¿Podrían confirmarnos la fecha de entrega de los doce escritorios antes del próximo viernes? "),
    (261, "Potreste confermarci la data di consegna delle dodici scrivanie entro venerdì prossimo? "),
    (261, "Kunt u ons de leverdatum van de twaalf bureaus vóór volgende week vrijdag bevestigen? "),
    (231, "Poderiam confirmar a data de entrega das doze secretárias até à próxima sexta-feira? "),
    (351, "Czy mogłaby Pani potwierdzić, że dwanaście biurek zostanie dostarczonych w przyszły piątek? "),
    (291, "Skulle ni kunna bekräfta leveransdatumet för de tolv skrivborden före nästa fredag? "),
    (371, "Gelecek cuma günü toplantıya katılabilir misiniz? Teklifinizi inceledik ve birkaç sorumuz var. "),
    (291, "Не могли бы вы подтвердить дату поставки двенадцати столов до следующей пятницы? "),
    (250, "来週の金曜日までに十二台の机の納品日をご確認いただけますでしょうか。"),
    (210, "您好，请问能否在下周五之前确认十二张办公桌的交货日期？"),
    (262, "다음 주 금요일까지 책상 열두 개의 배송 날짜를 확인해 주시겠습니까? "),
    (251, "هل يمكنكم تأكيد موعد تسليم المكاتب الاثني عشر قبل يوم الجمعة القادم؟ "),
]
NOISE = [
    (589, base64.b64encode(random.Random(1).randbytes(600)).decode()),
    (500, "0123456789" * 50),
    (400, "aB3$" * 100),
    (600, "𠀀𠀁𠂢" * 50),
    (200, '\\"\n' * 100),
]


@pytest.mark.parametrize(("counted", "text"), MAIL)
def test_ordinary_mail_is_counted_at_least_as_a_server_counts_it_and_not_twice(counted: int, text: str) -> None:
    assert 0.97 * counted <= tokens(text * 10) <= 2 * counted


@pytest.mark.parametrize(("counted", "text"), NOISE)
def test_noise_is_counted_nearly_as_a_server_counts_it(counted: int, text: str) -> None:
    assert 0.9 * counted <= tokens(text)


@pytest.mark.parametrize("text", ["word " * 5000, "Wörter, 12.\n" * 2000, "字" * 5000, "😀" * 3000, '"\\' * 5000, ""])
@pytest.mark.parametrize("room", [100, 999, 10_000])
def test_what_is_fitted_fits_and_shows_head_and_tail(text: str, room: int) -> None:
    text = f"HEAD {text} TAIL"
    fitted = fit(text, room)

    assert cost(fitted) <= room
    assert fitted == text or ("left out here" in fitted and fitted.startswith("HEAD") and fitted.endswith("TAIL"))


def test_counting_a_megabyte_takes_little_time() -> None:
    started = time.process_time()
    for text in ("word " * 200_000, "字\u200b\n" * 300_000, "aB1" * 300_000):
        fit(text, 3_000)

    assert time.process_time() - started < 3
