"""What mail programs put above what they quote and forward and below what they send, program by program, in thirteen
languages: each as its program writes it, between words of the writer and words that he quotes."""

from __future__ import annotations

import pytest

from mailbot.mail.quote import Split, split

FRESH = "OK!\n\nMara"
OLD = "12345\n\nAda"

# Above lines that begin with ">".
MARKED = {
    "Gmail": {
        "en": "On Mon, Jan 5, 2026 at 10:00 AM Ada Example <ada@example.org> wrote:",
        "de": "Am Mo., 5. Jan. 2026 um 10:00 Uhr schrieb Ada Example <ada@example.org>:",
        "fr": "Le lun. 5 janv. 2026 à 10:00, Ada Example <ada@example.org> a écrit :",
        "es": "El lun, 5 ene 2026 a las 10:00, Ada Example (<ada@example.org>) escribió:",
        "es-419": "El lun, 5 de ene. de 2026 a la(s) 10:00 a.m., Ada Example (ada@example.org) escribió:",
        "it": "Il giorno lun 5 gen 2026 alle ore 10:00 Ada Example <ada@example.org> ha scritto:",
        "nl": "Op ma 5 jan 2026 om 10:00 schreef Ada Example <ada@example.org>:",
        "pt-BR": "Em seg., 5 de jan. de 2026 às 10:00, Ada Example <ada@example.org> escreveu:",
        "pt-PT": "Ada Example <ada@example.org> escreveu (segunda, 5/01/2026 à(s) 10:00):",
        "pl": "pon., 5 sty 2026 o 10:00 Ada Example <ada@example.org> napisał(a):",
        "sv": "Den mån 5 jan. 2026 kl 10:00 skrev Ada Example <ada@example.org>:",
        "tr": "Ada Example <ada@example.org>, 5 Oca 2026 Pzt, 10:00 tarihinde şunu yazdı:",
        "ru": "пн, 5 янв. 2026 г. в 10:00, Ada Example <ada@example.org>:",
        "ja": "2026年1月5日(月) 10:00 Ada Example <ada@example.org>:",
        "zh-CN": "Ada Example <ada@example.org> 于2026年1月5日周一 10:00写道：",
        "zh-TW": "Ada Example <ada@example.org> 於 2026年1月5日週一 上午10:00寫道：",
    },
    "Apple": {
        "en": "On 5 Jan 2026, at 10:00, Ada Example <ada@example.org> wrote:",
        "en-US": "On Jan 5, 2026, at 10:00\u202fAM, Ada Example <ada@example.org> wrote:",
        "de": "Am 05.01.2026 um 10:00 schrieb Ada Example <ada@example.org>:",
        "fr": "Le 5 janv. 2026 à 10:00, Ada Example <ada@example.org> a écrit :",
        "es": "El 5 ene 2026, a las 10:00, Ada Example <ada@example.org> escribió:",
        "it": "Il giorno 5 gen 2026, alle ore 10:00, Ada Example <ada@example.org> ha scritto:",
        "nl": "Op 5 jan 2026 om 10:00 heeft Ada Example <ada@example.org> het volgende geschreven:",
        "pt-BR": "Em 5 de jan. de 2026, à(s) 10:00, Ada Example <ada@example.org> escreveu:",
        "pt-PT": "No dia 05/01/2026, às 10:00, Ada Example <ada@example.org> escreveu:",
        "pl": "Wiadomość napisana przez Ada Example <ada@example.org> w dniu 5 sty 2026, o godz. 10:00:",
        "sv": "5 jan. 2026 kl. 10:00 skrev Ada Example <ada@example.org>:",
        "tr": "Ada Example <ada@example.org> şunları yazdı (5 Oca 2026 10:00):",
        "ru": "5 янв. 2026 г., в 10:00, Ada Example <ada@example.org> написал(а):",
        "ja": "2026/01/05 10:00、Ada Example <ada@example.org>のメール:",
        "zh-CN": "2026年1月5日 10:00，Ada Example <ada@example.org> 写道：",
        "zh-TW": "Ada Example <ada@example.org> 於 2026年1月5日 上午10:00 寫道：",
    },
    "Thunderbird": {
        "en": "On 05/01/2026 10:00, Ada Example wrote:",
        "en-US": "On 1/5/26 10:00 AM, Ada Example wrote:",
        "de": "Am 05.01.26 um 10:00 schrieb Ada Example:",
        "fr": "Le 05/01/2026 à 10:00, Ada Example a écrit :",
        "es": "El 5/1/26 a las 10:00, Ada Example escribió:",
        "it": "Il 05/01/2026 10:00, Ada Example ha scritto:",
        "nl": "Op 05-01-2026 om 10:00 schreef Ada Example:",
        "pt-BR": "Em 05/01/2026 10:00, Ada Example escreveu:",
        "pt-PT": "Às 10:00 de 05/01/2026, Ada Example escreveu:",
        "pl": "W dniu 5.01.2026 o 10:00, Ada Example pisze:",
        "sv": "Den 2026-01-05 kl. 10:00, skrev Ada Example:",
        "tr": "5.01.2026 10:00 tarihinde Ada Example yazdı:",
        "ru": "05.01.2026 10:00, Ada Example пишет:",
        "ja": "On 2026/01/05 10:00, Ada Example wrote:",
        "zh-CN": "在 2026/1/5 10:00, Ada Example 写道:",
        "zh-TW": "Ada Example 於 2026/1/5 上午 10:00 寫道:",
    },
    "Proton": {
        "en": "On Monday, January 5th, 2026 at 10:00 AM, Ada Example <ada@example.org> wrote:",
        "de": "Am Montag, 5. Januar 2026 um 10:00, schrieb Ada Example <ada@example.org>:",
        "fr": "Le lundi 5 janvier 2026 à 10:00, Ada Example <ada@example.org> a écrit :",
        "es": "El lunes, 5 de enero de 2026 a las 10:00, Ada Example <ada@example.org> escribió:",
        "it": "Il lunedì 5 gennaio 2026 10:00, Ada Example <ada@example.org> ha scritto:",
        "nl": "Op maandag 5 januari 2026 om 10:00 schreef Ada Example <ada@example.org>:",
        "pt": "Em segunda-feira, 5 de janeiro de 2026 às 10:00, Ada Example <ada@example.org> escreveu:",
        "pl": "poniedziałek, 5 stycznia 2026 10:00, Ada Example <ada@example.org> napisał(a):",
        "sv": "Måndag 5 januari 2026 kl. 10:00, skrev Ada Example <ada@example.org>:",
        "tr": "5 Ocak 2026 Pazartesi günü saat 10:00'da, Ada Example <ada@example.org> yazdı:",
        "ru": "понедельник, 5 января 2026 г. в 10:00, Ada Example <ada@example.org> написал(а):",
        "ja": "2026年1月5日月曜日 10:00、Ada Example <ada@example.org> さんは書きました:",
        "zh": "2026年1月5日 星期一 10:00，Ada Example <ada@example.org> 写道：",
    },
    "GMX": {
        "de": "Am 05.01.26 um 10:00 schrieb Ada Example:",
        "de app": "Am 05.01.26, 10:00 schrieb Ada Example <ada@example.org>:",
    },
    "Open-Xchange": {"de": "Ada Example <ada@example.org> hat am 05.01.2026 10:00 CET geschrieben:"},
    "Roundcube": {"en": "On 2026-01-05 10:00, Ada Example wrote:", "de": "Am 05.01.2026 10:00, schrieb Ada Example:"},
}

# Above lines without a mark.
UNMARKED = {
    "Yahoo": {
        "en": "    On Monday, January 5, 2026 at 10:00:00 AM GMT+1, Ada Example <ada@example.org> wrote:  ",
        "de": "    Am Montag, 5. Januar 2026 um 10:00:00 MEZ hat Ada <ada@example.org> Folgendes geschrieben:  ",
        "fr": "    Le lundi 5 janvier 2026 à 10:00:00 UTC+1, Ada Example <ada@example.org> a écrit :  ",
        "es": "    En lunes, 5 de enero de 2026, 10:00:00 CET, Ada Example <ada@example.org> escribió:  ",
        "it": "    Il lunedì 5 gennaio 2026 alle ore 10:00:00 CET, Ada Example <ada@example.org> ha scritto:  ",
        "nl": "    Op maandag 5 januari 2026 om 10:00:00 CET schreef Ada Example <ada@example.org>:  ",
        "pt": "    Em segunda-feira, 5 de janeiro de 2026 às 10:00:00 BRT, Ada Example <ada@example.org> escreveu:  ",
        "pl": "    W dniu poniedziałek, 5 stycznia 2026 10:00:00 CET użytkownik Ada <ada@example.org> napisał:  ",
        "sv": "    Den måndag 5 januari 2026 10:00:00 CET skrev Ada Example <ada@example.org>:  ",
        "tr": "    5 Ocak 2026 Pazartesi 10:00:00 GMT+3 tarihinde Ada Example <ada@example.org> şunları yazdı:  ",
        "ru": "    понедельник, 5 января 2026 г. в 10:00:00 GMT+3, Ada Example <ada@example.org> написал(а):  ",
        "ja": "    2026年1月5日月曜日 10:00:00 JST、Ada Example <ada@example.org>が書きました:  ",
        "zh": "    Ada Example <ada@example.org> 在 2026年1月5日 星期一 上午10:00:00 [GMT+8] 寫道：  ",
    },
    "Outlook": {
        "en": "From: Ada Example <ada@example.org>\nSent: Monday, January 5, 2026 10:00 AM\nTo: Mara\nSubject: 1",
        "de": "Von: Ada Example <ada@example.org>\nGesendet: Montag, 5. Januar 2026 10:00\nAn: Mara\nBetreff: 1",
        "fr": "De : Ada Example <ada@example.org>\nEnvoyé : lundi 5 janvier 2026 10:00\nÀ : Mara\nObjet : 1",
        "es": "De: Ada Example <ada@example.org>\nEnviado el: lunes, 5 de enero de 2026 10:00\nPara: Mara\nAsunto: 1",
        "it": "Da: Ada Example <ada@example.org>\nInviato: lunedì 5 gennaio 2026 10:00\nA: Mara\nOggetto: 1",
        "nl": "Van: Ada Example <ada@example.org>\nVerzonden: maandag 5 januari 2026 10:00\nAan: Mara\nOnderwerp: 1",
        "pt-BR": "De: Ada <ada@example.org>\nEnviada em: segunda-feira, 5 de janeiro\nPara: Mara\nAssunto: 1",
        "pt-PT": "De: Ada <ada@example.org>\nEnviada: segunda-feira, 5 de janeiro\nPara: Mara\nAssunto: 1",
        "pl": "From: Ada Example <ada@example.org>\nSent: Monday, January 5, 2026 10:00 AM\nTo: Mara\nSubject: 1",
        "pl 365": "Od: Ada Example <ada@example.org>\nWysłane: poniedziałek, 5 stycznia\nDo: Mara\nTemat: 1",
        "sv": "Från: Ada Example <ada@example.org>\nSkickat: den 5 januari 2026 10:00\nTill: Mara\nÄmne: 1",
        "tr": "Kimden: Ada <ada@example.org>\nGönderildi: 5 Ocak 2026 Pazartesi 10:00\nKime: Mara\nKonu: 1",
        "tr 365": "Kimden: Ada <ada@example.org>\nGönderme Tarihi: 5 Ocak 2026\nKime: Mara\nKonu: 1",
        "ru": "От: Ada Example <ada@example.org>\nОтправлено: 5 января 2026 г. 10:00\nКому: Mara\nТема: 1",
        "ja": "差出人: Ada Example <ada@example.org>\n送信日時: 2026年1月5日月曜日 10:00\n宛先: Mara\n件名: 1",
        "zh-CN": "发件人: Ada Example <ada@example.org>\n发送时间: 2026年1月5日 10:00\n收件人: Mara\n主题: 1",
        "zh-TW": "寄件者: Ada Example <ada@example.org>\n寄件日期: 2026年1月5日 上午 10:00\n收件者: Mara\n主旨: 1",
        "da": "Fra: Ada Example <ada@example.org>\nSendt: 5. januar 2026 10:00\nTil: Mara\nEmne: 1",
    },
    "Outlook for Mac": {
        "en": "From: Ada <ada@example.org>\nDate: Monday, 5 January 2026 at 10:00\nTo: Mara\nSubject: 1",
        "de": "Von: Ada <ada@example.org>\nDatum: Montag, 5. Januar 2026 um 10:00\nAn: Mara\nBetreff: 1",
        "fr": "De : Ada <ada@example.org>\nDate : lundi, 5 janvier 2026 à 10:00\nÀ : Mara\nObjet : 1",
        "es": "De: Ada <ada@example.org>\nFecha: lunes, 5 de enero de 2026, 10:00\nPara: Mara\nAsunto: 1",
        "it": "Da: Ada <ada@example.org>\nData: lunedì, 5 gennaio 2026 10:00\nA: Mara\nOggetto: 1",
        "nl": "Van: Ada <ada@example.org>\nDatum: maandag 5 januari 2026 om 10:00\nAan: Mara\nOnderwerp: 1",
        "pt": "De: Ada <ada@example.org>\nData: segunda-feira, 5 de janeiro de 2026\nPara: Mara\nAssunto: 1",
        "pl": "Od: Ada <ada@example.org>\nData: poniedziałek, 5 stycznia 2026\nDo: Mara\nTemat: 1",
        "sv": "Från: Ada <ada@example.org>\nDatum: måndag, 5 januari 2026\nTill: Mara\nÄmne: 1",
        "tr": "Kimden: Ada <ada@example.org>\nTarih: 5 Ocak 2026 Pazartesi\nKime: Mara\nKonu: 1",
        "ru": "От: Ada <ada@example.org>\nДата: понедельник, 5 января 2026 г.\nКому: Mara\nТема: 1",
        "ja": "差出人: Ada <ada@example.org>\n日付: 2026年1月5日 月曜日\n宛先: Mara\n件名: 1",
        "zh": "发件人: Ada <ada@example.org>\n日期: 2026年1月5日\n收件人: Mara\n主题: 1",
    },
    "GMX": {
        "en": 'Sent: Monday, January 05, 2026 at 10:00 AM\nFrom: "Ada" <ada@example.org>\nTo: mara@x.org\nSubject: 1',
        "de": 'Gesendet: Montag, 05. Januar 2026 um 10:00 Uhr\nVon: "Ada" <ada@example.org>\nAn: m@x.org\nBetreff: 1',
        "fr": 'Envoyé: lundi 5 janvier 2026 à 10:00\nDe: "Ada" <ada@example.org>\nÀ: mara@x.org\nObjet: 1',
        "es": 'Enviado: lunes 5 de enero de 2026 a las 10:00\nDe: "Ada" <ada@example.org>\nPara: m@x.org\nAsunto: 1',
        "it": 'Inviato: lunedì 5 gennaio 2026 alle ore 10:00\nDa: "Ada" <ada@example.org>\nA: m@x.org\nOggetto: 1',
    },
    "Thunderbird, old": {
        "en": "-------- Original Message --------",
        "de": "-------- Original-Nachricht --------",
        "fr": "-------- Message original --------",
        "es": "-------- Mensaje original --------",
        "it": "-------- Messaggio originale --------",
        "nl": "-------- Oorspronkelijk bericht --------",
        "pt": "-------- Mensagem original --------",
        "pl": "-------- Oryginalna wiadomość --------",
        "sv": "-------- Originalmeddelande --------",
        "tr": "-------- Orijinal İleti --------",
        "ru": "-------- Исходное сообщение --------",
        "ja": "-------- 元のメッセージ --------",
        "zh-CN": "-------- 原始邮件 --------",
        "zh-TW": "-------- 原始訊息 --------",
    },
    "Samsung": {
        "en": "-------- Original message --------",
        "de": "-------- Ursprüngliche Nachricht --------",
        "fr": "-------- Message d'origine --------",
        "fr curly": "-------- Message d’origine --------",
        "es": "-------- Mensaje original --------",
        "it": "-------- Messaggio originale --------",
        "nl": "-------- Oorspronkelijk bericht --------",
        "pt": "-------- Mensagem original --------",
        "pl": "-------- Oryginalna wiadomość --------",
        "sv": "-------- Originalmeddelande --------",
        "tr": "-------- Orijinal mesaj --------",
        "ru": "-------- Исходное сообщение --------",
        "zh": "-------- 原始邮件 --------",
    },
    "QQ": {"zh": "------------------ 原始邮件 ------------------", "zh reply": "---原始邮件---"},
    "NetEase": {"zh": "---- 回复的原邮件 ----"},
    "AOL": {"en": "-----Original Message-----", "de": "-----Ursprüngliche Mitteilung-----"},
}

FORWARDS = {
    "Gmail": {
        "en": "---------- Forwarded message ---------",
        "de": "---------- Weitergeleitete Nachricht ---------",
        "fr": "---------- Message transféré ---------",
        "es": "---------- Mensaje reenviado ---------",
        "it": "---------- Messaggio inoltrato ---------",
        "nl": "---------- Doorgestuurd bericht ---------",
        "pt": "---------- Mensagem encaminhada ---------",
        "pl": "---------- Wiadomość przekazana ---------",
        "sv": "---------- Vidarebefordrat meddelande ---------",
        "tr": "---------- Yönlendirilmiş ileti ---------",
        "ru": "---------- Пересланное сообщение ---------",
        "ja": "---------- 転送メール ---------",
        "zh": "---------- 转发的邮件 ---------",
    },
    "Apple": {
        "en": "Begin forwarded message:",
        "de": "Anfang der weitergeleiteten Nachricht:",
        "fr": "Début du message réexpédié :",
        "fr older": "Début du message transféré :",
        "es": "Inicio del mensaje reenviado:",
        "it": "Inizio messaggio inoltrato:",
        "nl": "Begin doorgestuurd bericht:",
        "pt-BR": "Início da mensagem encaminhada:",
        "pt-PT": "Início da mensagem reencaminhada:",
        "pl": "Początek przekazywanej wiadomości:",
        "sv": "Vidarebefordrat mejl:",
        "sv older": "Vidarebefordrat brev:",
        "tr": "İleti başlangıcı:",
        "ru": "Начало переадресованного сообщения:",
        "ja": "転送されたメッセージ:",
        "zh-CN": "下面是被转发的邮件：",
        "zh-TW": "開始轉寄郵件：",
    },
    "Thunderbird": {
        "en": "-------- Forwarded Message --------",
        "de": "-------- Weitergeleitete Nachricht --------",
        "fr": "-------- Message transféré --------",
        "es": "-------- Mensaje reenviado --------",
        "it": "-------- Messaggio Inoltrato --------",
        "nl": "-------- Doorgestuurd bericht --------",
        "pt-BR": "-------- Mensagem encaminhada --------",
        "pt-PT": "-------- Mensagem reencaminhada --------",
        "pl": "-------- Treść przekazanej wiadomości --------",
        "sv": "-------- Vidarebefordrat meddelande --------",
        "tr": "-------- İletilmiş İleti --------",
        "ru": "-------- Перенаправленное сообщение --------",
        "ja": "-------- 転送メッセージ --------",
        "zh-CN": "-------- 转发的消息 --------",
        "zh-TW": "-------- 轉寄郵件 --------",
    },
    "Yahoo": {
        "en": "   ----- Forwarded Message -----",
        "de": "   ----- Weitergeleitete Nachricht -----",
        "fr": "   ----- Message transmis -----",
        "es": "   ----- Mensaje reenviado -----",
        "it": "   ----- Messaggio inoltrato -----",
        "nl": "   ----- Doorgestuurd bericht -----",
        "pt": "   ----- Mensagem encaminhada -----",
        "pl": "   ----- Przekazana wiadomość -----",
        "sv": "   ----- Vidarebefordrat meddelande -----",
        "tr": "   ----- İletilmiş Mesaj -----",
        "ru": "   ----- Пересылаемое сообщение -----",
        "zh": "   ----- 轉寄的郵件 -----",
    },
    "Proton": {
        "en": "------- Forwarded Message -------",
        "de": "------- Weitergeleitete Nachricht -------",
        "fr": "------- Message transféré -------",
    },
    "Samsung": {"en": "-------- Forwarded message --------", "pl": "-------- Przesłana wiadomość --------"},
    "HubSpot": {"pl": "---------- Wiadomość przesłana dalej ---------", "ja": "---------- メッセージを転送 ---------"},
    "Mail.ru": {"ru": "-------- Пересылаемое сообщение --------"},
    "NetEase": {"zh": "---- 转发的原邮件 ----", "zh older": "-------- 转发邮件信息 --------"},
}
FORWARDED_SUBJECTS = {
    "en": "FW: 1", "en Gmail": "Fwd: 1", "de": "WG: 1", "fr": "TR: 1", "es": "RV: 1", "it": "I: 1", "nl": "FW: 1",
    "nl older": "Doorst: 1", "pt": "ENC: 1", "pl": "PD: 1", "sv": "VB: 1", "tr": "İLT: 1", "ru": "Fwd: 1",
    "ja": "転送: 1", "zh-CN": "转发: 1", "zh-CN wide": "转发：1", "zh-TW": "轉寄: 1",
}  # fmt: skip

SENT_FROM = {
    "Apple": {
        "en": "Sent from my iPhone",
        "de": "Von meinem iPhone gesendet",
        "de older": "Gesendet von meinem iPhone",
        "fr": "Envoyé de mon iPhone",
        "es": "Enviado desde mi iPhone",
        "it": "Inviato da iPhone",
        "nl": "Verstuurd vanaf mijn iPhone",
        "pt-BR": "Enviado do meu iPhone",
        "pt-PT": "Enviado do meu iPad",
        "pl": "Wysłane z iPhone’a",
        "pl typed": "Wysłane z iPhone'a",
        "sv": "Skickat från min iPhone",
        "tr": "iPhone’umdan gönderildi",
        "ru": "Отправлено с iPhone",
        "ja": "iPhoneから送信",
        "zh-CN": "发自我的 iPhone",
        "zh-TW": "從我的 iPhone 傳送",
    },
    "Outlook": {
        "en": "Get Outlook for Android<https://aka.ms/AAb9ysg>",
        "en iOS": "Sent from Outlook for iOS<https://aka.ms/o0ukef>",
        "de": "Outlook für Android<https://aka.ms/AAb9ysg> herunterladen",
        "de iOS": "Holen Sie sich Outlook für iOS<https://aka.ms/o0ukef>",
        "fr": "Télécharger Outlook pour Android<https://aka.ms/AAb9ysg>",
        "fr iOS": "Obtenez Outlook pour iOS<https://aka.ms/o0ukef>",
        "es": "Obtener Outlook para Android<https://aka.ms/AAb9ysg>",
        "it": "Scarica Outlook per Android<https://aka.ms/AAb9ysg>",
        "it iOS": "Ottieni Outlook per iOS<https://aka.ms/o0ukef>",
        "nl": "Outlook voor Android<https://aka.ms/AAb9ysg> downloaden",
        "pt-BR": "Obter o Outlook para Android<https://aka.ms/AAb9ysg>",
        "pt-PT": "Obter o Outlook para iOS<https://aka.ms/o0ukef>",
        "pl": "Pobierz aplikację Outlook dla systemu Android<https://aka.ms/AAb9ysg>",
        "pl iOS": "Pobierz program Outlook dla systemu iOS<https://aka.ms/o0ukef>",
        "sv": "Hämta Outlook för Android<https://aka.ms/AAb9ysg>",
        "sv iOS": "Skaffa Outlook för iOS<https://aka.ms/o0ukef>",
        "tr": "Android için Outlook<https://aka.ms/AAb9ysg> uygulamasını edinin",
        "tr iOS": "iOS için Outlook<https://aka.ms/o0ukef>'u edinin",
        "ru": "Скачать Outlook для Android<https://aka.ms/AAb9ysg>",
        "ru iOS": "Получить Outlook для iOS<https://aka.ms/o0ukef>",
        "ja": "Outlook for Android<https://aka.ms/AAb9ysg> を入手",
        "ja iOS": "iOS 版 Outlook<https://aka.ms/o0ukef> を入手",
        "zh-CN": "获取 Outlook for Android<https://aka.ms/AAb9ysg>",
        "zh-CN iOS": "获取适用于 iOS 的 Outlook<https://aka.ms/o0ukef>",
        "zh-TW": "取得 Outlook for Android<https://aka.ms/AAb9ysg>",
    },
    "Mail for Windows": {
        "en": "Sent from Mail<https://go.microsoft.com/fwlink/?LinkId=550986> for Windows",
        "de": "Gesendet von Mail<https://go.microsoft.com/fwlink/?LinkId=550986> für Windows",
        "fr": "Provenance : Courrier<https://go.microsoft.com/fwlink/?LinkId=550986> pour Windows",
        "es": "Enviado desde Correo<https://go.microsoft.com/fwlink/?LinkId=550986> para Windows",
        "it": "Inviato da Posta<https://go.microsoft.com/fwlink/?LinkId=550986> per Windows",
        "nl": "Verzonden vanuit Mail<https://go.microsoft.com/fwlink/?LinkId=550986> voor Windows",
        "pt": "Enviado do Email<https://go.microsoft.com/fwlink/?LinkId=550986> para Windows",
        "pl": "Wysłane z aplikacji Poczta<https://go.microsoft.com/fwlink/?LinkId=550986> dla systemu Windows",
        "sv": "Skickades från E-post<https://go.microsoft.com/fwlink/?LinkId=550986> för Windows",
        "ru": "Отправлено из приложения Почта<https://go.microsoft.com/fwlink/?LinkId=550986> для Windows",
        "ja": "Windows 版のメール<https://go.microsoft.com/fwlink/?LinkId=550986>から送信",
        "zh": "从 Windows 版邮件<https://go.microsoft.com/fwlink/?LinkId=550986>发送",
    },
    "Yahoo": {
        "en": "Sent from Yahoo Mail for iPhone",
        "de": "Gesendet von Yahoo Mail auf Android",
        "fr": "Envoyé depuis Yahoo Mail pour Android",
        "es": "Enviado desde Yahoo Mail para iPhone",
        "it": "Inviato da Yahoo Mail su Android",
        "pt": "Enviado do Yahoo Mail no Android",
    },
    "Proton": {
        "en": "Sent with Proton Mail secure email.",
        "en link": "Sent with [Proton Mail](https://proton.me/mail/home) secure email.",
        "en iOS": "Sent from Proton Mail for iOS",
        "de": "Gesendet mit Proton Mail E-Mail.",
        "fr": "Envoyé avec la messagerie sécurisée Proton Mail.",
        "es": "Enviado con el correo electrónico seguro de Proton Mail.",
        "it": "Inviato con l'email sicura Proton Mail.",
        "nl": "Verzonden met Proton Mail beveiligde e-mail.",
        "pl": "Wysłane za pomocą bezpiecznej poczty e-mail Proton Mail.",
        "pt": "Enviado com o e-mail seguro Proton Mail.",
        "ru": "Отправлено с помощью защищенной почты Proton Mail.",
    },
    "GMX": {
        "de": "Gesendet mit der GMX Mail App",
        "de app": "Diese Nachricht wurde von meinem Android Mobiltelefon mit GMX Mail gesendet.",
        "de web.de": "Gesendet mit der WEB.DE Mail App",
        "en": "Sent with GMX Mail App",
        "en app": "Sent from my Android phone with GMX Mail. Please excuse my brevity.",
    },
    "K-9": {
        "en": "Sent from my Android device with K-9 Mail. Please excuse my brevity.",
        "de": "Diese Nachricht wurde von meinem Android-Gerät mit K-9 Mail gesendet.",
        "fr": "Envoyé de mon appareil Android avec Courriel K-9 Mail. Veuillez excuser ma brièveté.",
        "es": "Enviado desde mi dispositivo Android con K-9 Mail. Por favor, disculpa mi brevedad.",
        "it": "Inviato dal mio dispositivo Android con K-9 Mail. Perdonate la brevità.",
        "nl": "Verstuurd vanaf mijn Android apparaat met K-9 Mail. Excuses voor mijn beknoptheid.",
        "pl": "Wysłane za pomocą K-9 Mail z mojego urządzenia z Androidem.",
        "sv": "Skickat från min Android-enhet med K-9 E-post. Ursäkta min fåordighet.",
        "ru": "Отправлено с устройства Android с помощью K-9 Mail. Простите за краткость.",
        "ja": "Android 端末から K-9 Mail で送信しました。簡潔な文面になっていることをお許しください。",
    },
    "Samsung": {
        "en": "Sent from my Galaxy",
        "de": "Von meinem Samsung Galaxy Smartphone gesendet.",
        "fr": "Envoyé depuis mon appareil Galaxy",
        "es": "Enviado desde mi Galaxy",
        "it": "Inviato dal mio Galaxy",
        "nl": "Verzonden vanaf mijn Galaxy",
        "pt": "Enviado do meu Galaxy",
        "pl": "Wysłane z mojego urządzenia Galaxy",
        "sv": "Skickat från min Galaxy",
        "tr": "Galaxy cihazımdan gönderildi",
        "ru": "Отправлено с устройства Galaxy",
        "ja": "Galaxyから送信",
        "zh": "从我的 Galaxy 发送",
    },
}


def each(table: dict[str, dict[str, str]]) -> pytest.MarkDecorator:
    rows = {f"{program} {language}": line for program, lines in table.items() for language, line in lines.items()}
    return pytest.mark.parametrize("line", rows.values(), ids=rows.keys())


@each(MARKED)
def test_what_a_program_marks_as_quoted_is_history(line: str) -> None:
    history = f"{line}\n\n> 12345\n>\n> Ada"
    assert split(f"{FRESH}\n\n{history}\n") == Split(FRESH, history, "")


@each(MARKED)
def test_what_a_program_quotes_with_its_attribution_inside_is_history(line: str) -> None:
    history = f"> {line}\n>\n> 12345\n>\n> Ada"
    assert split(f"{FRESH}\n\n{history}\n") == Split(FRESH, history, "")


@each(MARKED)
def test_answers_below_what_a_program_marks_as_quoted_stay(line: str) -> None:
    text = f"{FRESH}\n\n{line}\n\n> 12345\n\n67890\n\n> Ada"
    assert split(text) == Split(text, "", "")


@each({program: MARKED[program] for program in ("Gmail", "Apple", "Proton")})
def test_an_attribution_that_a_program_wrapped_goes_with_its_quote(line: str) -> None:
    """Gmail wraps its plain form at 76 characters, before a word, also before the address."""
    line = line.replace("Ada Example", "Ada-Augusta-Example-of-the-Northern-Office")
    for at in (blank for blank in range(40, len(line)) if line[blank] == " " and line[blank:].strip(" :：")):
        history = f"{line[:at]}\n{line[at + 1 :]}\n\n> 12345"
        assert split(f"{FRESH}\n\n{history}\n") == Split(FRESH, history, "")


@each(UNMARKED)
def test_what_a_program_quotes_without_a_mark_goes_to_the_end(line: str) -> None:
    parts = split(f"{FRESH}\n\n{line}\n\n{OLD}\n")
    assert (parts.fresh, parts.signature) == (FRESH, "")
    assert parts.history.strip() == f"{line}\n\n{OLD}".strip()


@each(FORWARDS)
def test_what_a_program_forwards_stays(line: str) -> None:
    text = f"{FRESH}\n\n{line}\n{UNMARKED['Outlook']['en']}\n\n{OLD}"
    assert split(text) == Split(text, "", "")


@each(FORWARDS)
def test_what_a_program_forwards_as_a_quote_stays(line: str) -> None:
    """Apple Mail puts all of a forward into a quote, its mark too."""
    text = f"{FRESH}\n\n> {line}\n>\n> From: Ada <ada@example.org>\n> Subject: 1\n>\n> 12345"
    assert split(text) == Split(text, "", "")


@each(FORWARDS)
def test_an_answer_to_a_forward_is_no_forward(line: str) -> None:
    history = f"{MARKED['Gmail']['en']}\n\n> {line}\n>\n> 12345"
    assert split(f"{FRESH}\n\n{history}") == Split(FRESH, history, "")


@pytest.mark.parametrize("subject", FORWARDED_SUBJECTS.values(), ids=FORWARDED_SUBJECTS.keys())
def test_what_outlook_forwards_stays_by_its_subject(subject: str) -> None:
    text = f"{FRESH}\n\n{UNMARKED['Outlook']['en']}\n\n{OLD}"
    assert split(text, subject) == Split(text, "", "")


@each(SENT_FROM)
def test_what_a_program_puts_below_a_mail_is_its_signature(line: str) -> None:
    history = f"{MARKED['Gmail']['en']}\n\n> 12345"
    assert split(f"{FRESH}\n\n{line}\n\n{history}") == Split(FRESH, history, line)
    assert split(f"{FRESH}\n\n{line}\n\n{UNMARKED['Outlook']['en']}\n\n{OLD}").signature == line
