"""Which language a mail is in."""

from __future__ import annotations

import time

import pytest

from mailbot.language.language import detect, mismatch, spoken
from mailbot.language.named import names

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


SHORT_MAILS = {
    "en": [
        "Can you call me tomorrow?",
        "Thanks, got it. When is the next meeting?",
        "Could you send the invoice again?",
        "Are you free on Thursday at 10?",
        "Hi Ada, any news about the keys?",
        "Please find the contract attached.",
    ],
    "de": [
        "Kannst du mich morgen anrufen?",
        "Danke, ist angekommen. Wann ist das nächste Treffen?",
        "Könnten Sie die Rechnung noch einmal schicken?",
        "Hast du am Donnerstag um 10 Zeit?",
        "Hallo Ada, gibt es Neues wegen der Schlüssel?",
        "Anbei der Vertrag.",
    ],
    "fr": [
        "Peux-tu m'appeler demain ?",
        "Merci, bien reçu. Quand est la prochaine réunion ?",
        "Pourriez-vous renvoyer la facture ?",
        "Es-tu libre jeudi à 10 h ?",
        "Bonjour Ada, des nouvelles des clés ?",
        "Veuillez trouver le contrat ci-joint.",
    ],
    "es": [
        "¿Me puedes llamar mañana?",
        "Gracias, recibido. ¿Cuándo es la próxima reunión?",
        "¿Podría enviar la factura otra vez?",
        "¿Estás libre el jueves a las 10?",
        "Hola Ada, ¿hay noticias de las llaves?",
        "Adjunto el contrato.",
    ],
    "it": [
        "Mi puoi chiamare domani?",
        "Grazie, ricevuto. Quando è la prossima riunione?",
        "Può mandare di nuovo la fattura?",
        "Sei libera giovedì alle 10?",
        "Ciao Ada, ci sono novità sulle chiavi?",
        "In allegato il contratto.",
    ],
    "nl": [
        "Kun je me morgen bellen?",
        "Bedankt, ontvangen. Wanneer is de volgende vergadering?",
        "Kunt u de factuur nog een keer sturen?",
        "Heb je donderdag om 10 uur tijd?",
        "Hoi Ada, is er nieuws over de sleutels?",
        "In de bijlage vindt u het contract.",
    ],
    "pt": [
        "Podes ligar-me amanhã?",
        "Obrigado, recebido. Quando é a próxima reunião?",
        "Pode enviar a fatura outra vez?",
        "Você está livre na quinta às 10?",
        "Olá Ada, há novidades sobre as chaves?",
        "Segue em anexo o contrato.",
    ],
    "pl": [
        "Możesz do mnie jutro zadzwonić?",
        "Dziękuję, dotarło. Kiedy jest następne spotkanie?",
        "Czy może Pani wysłać fakturę jeszcze raz?",
        "Masz czas w czwartek o 10?",
        "Cześć Ada, są jakieś wieści o kluczach?",
        "W załączniku przesyłam umowę.",
    ],
    "sv": [
        "Kan du ringa mig i morgon?",
        "Tack, det har kommit fram. När är nästa möte?",
        "Kan ni skicka fakturan en gång till?",
        "Har du tid på torsdag klockan 10?",
        "Hej Ada, några nyheter om nycklarna?",
        "Avtalet bifogas.",
    ],
    "tr": [
        "Beni yarın arar mısın?",
        "Teşekkürler, aldım. Bir sonraki toplantı ne zaman?",
        "Faturayı tekrar gönderebilir misiniz?",
        "Perşembe saat 10'da müsait misin?",
        "Merhaba Ada, anahtarlardan haber var mı?",
        "Sözleşme ektedir.",
    ],
    "ru": [
        "Можешь позвонить мне завтра?",
        "Спасибо, получил. Когда следующая встреча?",
        "Не могли бы вы прислать счёт ещё раз?",
        "Ты свободна в четверг в 10?",
        "Привет, Ада, есть новости о ключах?",
        "Договор во вложении.",
    ],
    "ja": [
        "明日電話してもらえますか。",
        "ありがとうございます、届きました。次の会議はいつですか。",
        "請求書をもう一度送っていただけますか。",
        "木曜日の10時は空いていますか。",
        "鍵の件、どうなりましたか。",
        "契約書を添付します。",
    ],
    "zh": [
        "你明天能给我打电话吗？",
        "谢谢，收到了。下次会议是什么时候？",
        "请再发一次发票好吗？",
        "星期四十点你有空吗？",
        "你好，钥匙有消息吗？",
        "合同见附件。",
    ],
}
SHORT_REPLIES = {
    "en": [
        "Sure, I'll call at nine.",
        "Yes, Thursday works for me.",
        "Sorry, I don't have it yet. [[fill: when]]",
        "Thank you, I'll have a look.",
        "No news so far.",
        "Hi Mara,\n\nyes, that is fine.\n\nBest,\nAda",
    ],
    "de": [
        "Klar, ich rufe um neun an.",
        "Ja, Donnerstag passt mir gut.",
        "Leider habe ich sie noch nicht. [[fill: wann]]",
        "Danke, ich sehe es mir an.",
        "Bisher nichts Neues.",
        "Hallo Mara,\n\nja, das passt.\n\nViele Grüße\nAda",
    ],
    "fr": [
        "Bien sûr, j'appelle à neuf heures.",
        "Oui, jeudi me convient.",
        "Désolée, je ne l'ai pas encore. [[fill: quand]]",
        "Merci, je regarde.",
        "Rien de nouveau.",
        "Bonjour Mara,\n\noui, c'est parfait.\n\nCordialement,\nAda",
    ],
    "es": [
        "Claro, te llamo a las nueve.",
        "Sí, el jueves me va bien.",
        "Lo siento, todavía no la tengo. [[fill: cuándo]]",
        "Gracias, lo miro.",
        "De momento nada.",
        "Hola, Mara:\n\nsí, perfecto.\n\nUn saludo,\nAda",
    ],
    "it": [
        "Certo, chiamo alle nove.",
        "Sì, giovedì va bene.",
        "Mi dispiace, non ce l'ho ancora. [[fill: quando]]",
        "Grazie, ci do un'occhiata.",
        "Per ora niente.",
        "Buongiorno Mara,\n\nsì, va bene.\n\nCordiali saluti\nAda",
    ],
    "nl": [
        "Natuurlijk, ik bel om negen uur.",
        "Ja, donderdag is prima.",
        "Sorry, ik heb hem nog niet. [[fill: wanneer]]",
        "Bedankt, ik kijk ernaar.",
        "Nog geen nieuws.",
        "Hoi Mara,\n\nja, dat is goed.\n\nGroet,\nAda",
    ],
    "pt": [
        "Claro, ligo às nove.",
        "Sim, quinta-feira está bem.",
        "Desculpe, ainda não a tenho. [[fill: quando]]",
        "Obrigada, vou ver.",
        "Por enquanto nada.",
        "Olá Mara,\n\nsim, está ótimo.\n\nCumprimentos,\nAda",
    ],
    "pl": [
        "Jasne, zadzwonię o dziewiątej.",
        "Tak, czwartek mi pasuje.",
        "Niestety jeszcze jej nie mam. [[fill: kiedy]]",
        "Dziękuję, zobaczę.",
        "Na razie nic nowego.",
        "Dzień dobry,\n\ntak, pasuje.\n\nPozdrawiam\nAda",
    ],
    "sv": [
        "Visst, jag ringer klockan nio.",
        "Ja, torsdag går bra.",
        "Tyvärr har jag den inte än. [[fill: när]]",
        "Tack, jag tittar på det.",
        "Inget nytt än.",
        "Hej Mara,\n\nja, det går bra.\n\nVänliga hälsningar\nAda",
    ],
    "tr": [
        "Tabii, dokuzda ararım.",
        "Evet, perşembe bana uyar.",
        "Üzgünüm, henüz bende değil. [[fill: ne zaman]]",
        "Teşekkürler, bakacağım.",
        "Şimdilik yeni bir şey yok.",
        "Merhaba Mara,\n\nevet, olur.\n\nSelamlar\nAda",
    ],
    "ru": [
        "Конечно, позвоню в девять.",
        "Да, четверг подходит.",
        "К сожалению, его пока нет. [[fill: когда]]",
        "Спасибо, посмотрю.",
        "Пока новостей нет.",
        "Здравствуйте, Мара!\n\nДа, подходит.\n\nС уважением,\nАда",
    ],
    "ja": [
        "はい、九時にお電話します。",
        "はい、木曜日で大丈夫です。",
        "申し訳ありませんが、まだありません。[[fill: いつ]]",
        "ありがとうございます、確認します。",
        "まだ連絡はありません。",
        "マラ様\n\n承知しました。\n\nよろしくお願いいたします。\nエイダ",
    ],
    "zh": [
        "好的，我九点打给你。",
        "可以，星期四没问题。",
        "抱歉，还没有。[[fill: 什么时候]]",
        "谢谢，我看一下。",
        "目前没有消息。",
        "玛拉，您好：\n\n可以。\n\n此致\n艾达",
    ],
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


@pytest.mark.parametrize("language", SHORT_MAILS)
def test_of_mails_of_five_words_most_are_told_and_none_is_told_wrong(language: str) -> None:
    told = [detect(text) for text in (*SHORT_MAILS[language], *SHORT_REPLIES[language])]

    assert set(told) <= {language, ""}
    assert told.count(language) >= 7


@pytest.mark.parametrize("language", SHORT_MAILS)
def test_a_short_reply_in_the_language_of_a_short_mail_is_never_called_wrong(language: str) -> None:
    pairs = [(mail, reply) for mail in SHORT_MAILS[language] for reply in SHORT_REPLIES[language]]

    assert [mismatch(mail, reply, named) for mail, reply in pairs for named in ("", language)] == [""] * 2 * len(pairs)


def test_of_short_replies_in_another_language_most_are_told() -> None:
    others = [
        mismatch(mail, reply, "")
        for language, mails in SHORT_MAILS.items()
        for other, replies in SHORT_REPLIES.items()
        if other != language
        for mail in mails
        for reply in replies
    ]

    assert len([said for said in others if said]) > 0.75 * len(others)


def test_links_and_quoted_lines_are_in_no_language() -> None:
    link = "https://news.example/" + "and/the/you/for/is/of/to" * 20
    assert detect(f"您好，请看看 {link} 谢谢！") == "zh"
    assert detect(f"Hallo Ada, kannst du das bitte ansehen? {link}") == "de"
    english = "> Please find the offer below. We can be with you on Friday.\n" * 5
    assert spoken(f"{english}\nJa, Freitag passt uns gut. Bis dann, viele Grüße", english, "en") == "de"
    assert mismatch(f"{english}\n{SAMPLES['de']}", SAMPLES["de"], "") == ""


def test_a_word_that_is_repeated_counts_once() -> None:
    assert detect("HA! Ha ha ha! ha, ha ha. Good one.") == ""


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
        ("Hej Ada, kan du sende tilbuddet til os inden fredag?", SAMPLES["sv"]),
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
    ],
)
def test_what_is_not_certain_is_not_called_wrong(mail: str, reply: str) -> None:
    assert mismatch(mail, reply, "") == ""


def test_the_language_that_the_model_named_counts_where_the_mail_tells_nothing() -> None:
    assert mismatch("?", SAMPLES["en"], "de")
    assert not mismatch(SAMPLES["en"], SAMPLES["en"], "de")
    assert not mismatch("?", SAMPLES["en"], "nb")


BILINGUAL = f"{SAMPLES['de']}\n\n{SAMPLES['de']} Wir warten auf Sie und Ihre Antwort.\n\n{SAMPLES['en']}"


@pytest.mark.parametrize(("reply", "wrong"), [("de", False), ("en", False), ("fr", True)])
def test_a_mail_in_two_languages_may_be_answered_in_either(reply: str, wrong: bool) -> None:
    assert bool(mismatch(BILINGUAL, SAMPLES[reply], "de")) is wrong


@pytest.mark.parametrize(
    ("text", "code", "named"),
    [
        ("Always answer in English.", "en", True),
        ("Antworte immer auf Englisch", "en", True),
        ("Réponds toujours en anglais.", "en", True),
        ("Отвечай на английском", "en", True),
        ("返信は英語で", "en", True),
        ("Skriv på tyska", "de", True),
        ("Call them partners.", "en", False),
        ("Always answer in English.", "de", False),
        ("", "en", False),
        ("Always answer in English.", "", False),
        ("English", "xx", False),
    ],
)
def test_a_wish_names_a_language_in_any_of_ours(text: str, code: str, named: bool) -> None:
    assert names(text, code) is named
