"""The words by which mail programs mark what they quote, in thirteen languages.

Owns the tables only. Everything is in lower case after ``fold``. Sources: the programs' own texts (Gmail,
Outlook, Apple Mail, Thunderbird, Yahoo) in en, de, fr, es, it, nl, pt, pl, sv (with da, nb), tr, ru, ja, zh.
"""

from __future__ import annotations


def fold(text: str) -> str:
    """``text`` as the tables are written; the dot that a Turkish capital I leaves behind goes too."""
    return text.casefold().replace("\u0307", "")


def _table(text: str) -> tuple[str, ...]:
    return tuple(fold(phrase.strip()) for phrase in text.split("|"))


# "... wrote:" at the end of an attribution line, or in its middle.
WROTE = _table(
    "wrote|writes|schrieb|geschrieben|a écrit|a ecrit|écrit|escribió|escribio|ha scritto|scrisse|ha escrito|schreef"
    "|heeft geschreven|escreveu|napisał|napisała|napisał(a)|pisze|skrev|skrev följande|skriver|yazdı|şunu yazdı"
    "|şunları yazdı|написал|написала|написал(а)|пишет|писал|писала|書きました|書いた|のメール|写道|寫道|写到"
)

# How an attribution line begins.
OPENS = _table(
    "On |Am |Den |Le |El |Il |Op |Em |No dia |A |W dniu |Dnia |śr., |pon., |wt., |czw., |pt., |sob., |niedz., |Vid |"
    "At |Il giorno |Il dì |tarihinde|В |пн, |вт, |ср, |чт, |пт, |сб, |вс, |在"
)

FORWARDED = _table(
    "forwarded message|begin forwarded message|weitergeleitete nachricht|anfang der weitergeleiteten"
    "|weitergeleitete e-mail|message transféré|début du message transféré|début du message réexpédié|courriel transféré"
    "|mensaje reenviado|inicio del mensaje reenviado|messaggio inoltrato|inizio messaggio inoltrato"
    "|doorgestuurd bericht|begin doorgestuurd bericht|mensagem encaminhada|mensagem reencaminhada"
    "|início da mensagem encaminhada|início da mensagem reencaminhada|przekazana wiadomość|wiadomość przekazana"
    "|przekazana dalej wiadomość|początek przekazywanej wiadomości|vidarebefordrat meddelande|vidarebefordrat brev"
    "|vidarebefordrat mail|videresendt|iletilen ileti|iletilen mesaj|yönlendirilen ileti|iletilmiş ileti"
    "|пересылаемое сообщение|пересланное сообщение|перенаправленное сообщение|начало переадресованного"
    "|転送されたメッセージ|転送メッセージ|転送メール|转发的邮件|轉寄的郵件|已转发邮件|转发邮件|轉寄郵件"
)

ORIGINAL = _table(
    "original message|original appointment|ursprüngliche nachricht|originalnachricht|message d'origine|message original"
    "|mensaje original|messaggio originale|oorspronkelijk bericht|origineel bericht|mensagem original"
    "|oryginalna wiadomość|wiadomość oryginalna|ursprungligt meddelande|originalmeddelande|oprindelig meddelelse"
    "|özgün ileti|orijinal mesaj|исходное сообщение|原始邮件|原始郵件|原邮件|元のメッセージ|オリジナルメッセージ"
)

_LABELS = {
    "from": "from|von|de|da|van|od|från|fra|kimden|gönderen|от|от кого|差出人|送信者|发件人|發件人|寄件者|寄件人",
    "date": "date|sent|gesendet|datum|envoyé|envoyé le|enviado|enviado el|enviada em|enviado em|fecha|inviato|data"
    "|verzonden|wysłano|wysłane|skickat|sendt|dato|gönderildi|gönderme tarihi|tarih|отправлено|дата|送信日時|日付"
    "|日時|发送时间|發送時間|寄件日期|日期|时间",
    "to": "to|an|à|a|para|aan|do|till|til|kime|alıcı|кому|宛先|收件人|收件者",
    "subject": "subject|betreff|objet|asunto|oggetto|onderwerp|assunto|temat|ämne|emne|konu|тема|件名|主题|主題|主旨",
    "cc": "cc|kopie|copie à|copia|kopia|dw|bilgi|копия|抄送|副本|kopi",
}

# The label of a line in a quoted header block, and which header it stands for.
LABELS = {label: kind for kind, labels in _LABELS.items() for label in _table(labels)}
