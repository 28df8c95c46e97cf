"""The words by which mail programs mark what they quote, in thirteen languages.

Owns the tables only. Everything is in lower case after ``fold``. Sources: the programs' own texts (Gmail, Outlook,
Apple Mail, Thunderbird, Yahoo, Proton, GMX, phones) in en, de, fr, es, it, nl, pt, pl, sv (with da, nb), tr, ru, ja,
zh; the tests in ``test_mail_clients`` have them line by line.
"""

from __future__ import annotations


def fold(text: str) -> str:
    """``text`` as the tables are written; the dot that a Turkish capital I leaves behind goes too, and an apostrophe
    is a straight one."""
    return text.casefold().replace("\u0307", "").replace("’", "'")


def _list(text: str) -> tuple[str, ...]:
    return tuple(text.split("|"))


def _table(text: str) -> tuple[str, ...]:
    return _list(fold(text))


# "... wrote:" at the end of an attribution line, or in its middle.
WROTE = _table(
    "wrote|writes|schrieb|geschrieben|a écrit|a ecrit|écrit|escribió|escribio|ha scritto|scrisse|ha escrito|schreef"
    "|heeft geschreven|escreveu|napisał|napisała|napisał(a)|pisze|skrev|skrev följande|skriver|yazdı|şunu yazdı"
    "|şunları yazdı|написал|написала|написал(а)|пишет|писал|писала|書きました|書いた|のメール|写道|寫道|写到"
)

# How an attribution line begins. Capitals count: it is broken before "at 10:00" and "в 10:00".
OPENS = _list(
    "On |Am |Den |Le |El |En |Il |Op |Em |No dia |W dniu |Dnia |śr., |pon., |wt., |czw., |pt., |sob., |niedz., |Vid |"
    "At |Às |Il giorno |Il dì |tarihinde|Wiadomość napisana przez |В |пн, |вт, |ср, |чт, |пт, |сб, |вс, |在"
)

FORWARDED = _table(
    "forwarded message|begin forwarded message|begin forwarded text|weitergeleitete nachricht"
    "|anfang der weitergeleiteten|weitergeleitete e-mail|message transféré|début du message transféré"
    "|début du message réexpédié|courriel transféré|message transmis"
    "|mensaje reenviado|inicio del mensaje reenviado|messaggio inoltrato|inizio messaggio inoltrato"
    "|doorgestuurd bericht|begin doorgestuurd bericht|mensagem encaminhada|mensagem reencaminhada"
    "|início da mensagem encaminhada|início da mensagem reencaminhada|przekazana wiadomość|wiadomość przekazana"
    "|przekazana dalej wiadomość|początek przekazywanej wiadomości|treść przekazanej wiadomości|przesłana wiadomość"
    "|wiadomość przesłana dalej|vidarebefordrat meddelande|vidarebefordrat brev|vidarebefordrat mejl"
    "|vidarebefordrat mail|videresendt|iletilen ileti|iletilen mesaj|yönlendirilen ileti|yönlendirilmiş ileti"
    "|iletilmiş ileti|iletilmiş mesaj|ileti başlangıcı"
    "|пересылаемое сообщение|пересланное сообщение|перенаправленное сообщение|начало переадресованного"
    "|転送されたメッセージ|転送メッセージ|転送メール|メッセージを転送|转发的邮件|轉寄的郵件|已转发邮件|转发邮件"
    "|轉寄郵件|转发的消息|转发的原邮件"
)

ORIGINAL = _table(
    "original message|original appointment|ursprüngliche nachricht|ursprüngliche mitteilung|originalnachricht"
    "|original-nachricht|message d'origine|message original"
    "|mensaje original|messaggio originale|oorspronkelijk bericht|origineel bericht|mensagem original"
    "|oryginalna wiadomość|wiadomość oryginalna|ursprungligt meddelande|originalmeddelande|oprindelig meddelelse"
    "|oprindelig besked|opprinnelig melding"
    "|özgün ileti|orijinal ileti|orijinal mesaj|исходное сообщение|原始邮件|原始郵件|原始訊息|原邮件|元のメッセージ"
    "|オリジナルメッセージ"
)

_LABELS = {
    "from": "from|von|de|da|van|od|från|fra|kimden|gönderen|от|от кого|差出人|送信元|送信者"
    "|发件人|發件人|寄件者|寄件人",
    "date": "date|sent|gesendet|datum|envoyé|envoyé le|enviado|enviado el|enviada em|enviado em|fecha|inviato|data"
    "|verzonden|wysłano|wysłane|skickat|sendt|dato|gönderildi|gönderme tarihi"
    "|gönderilme tarihi|tarih|message du|отправлено|дата|送信日時|日付|日時|发送时间|發送時間|寄件日期|日期|时间",
    "to": "to|an|à|a|para|aan|do|till|til|kime|alıcı|кому|宛先|收件人|收件者",
    "subject": "subject|betreff|objet|sujet|asunto|oggetto|onderwerp|assunto|temat|ämne|emne|konu|тема|件名"
    "|主题|主題|主旨",
    "cc": "cc|kopie|copie à|copia|kopia|dw|bilgi|копия|抄送|副本|kopi",
}

# What programs put before the subject of a mail that they forward (Outlook adds no other mark to it).
FORWARD_PREFIXES = _table("fw|fwd|wg|tr|rv|i|doorst|enc|pd|vb|vid|ilt|пересл|転送|转发|轉寄")

# Where answers stand among what they answer without a mark, and the words by which a writer says so.
BELOW = _table(
    "below|inline|in-line|in red|in blue|in green|unten|in rot|in blau|im text|ci-dessous|plus bas|en rouge|en bleu"
    "|más abajo|ver abajo|en rojo|en azul|qui sotto|vedi sotto|in rosso|in blu|zie onder|hieronder|in rood|in het rood"
    "|in blauw|abaixo|em vermelho|em azul|poniżej|na czerwono|na niebiesko|nedan|i rött|i blått|aşağıda|kırmızı"
    "|mavi ile|ниже|красным|синим|赤字|青字|下記|以下|红色|紅色|蓝色|藍色|下面|见下"
)
ANSWERS = _table(
    "answer|repl|comment|respon|antwort|kommentar|réponse|répond|commentaire|respuesta|respond|comentari|rispost"
    "|rispond|comment|antwoord|opmerking|respost|odpowied|komentarz|svar|cevap|yanıt|yorum|ответ|комментар|回答"
    "|返信|コメント|回复|回覆|答复"
)

# How the line begins, or in some languages ends, that a phone or program adds below a mail, and the names in it.
SENT_FROM = _table(
    "sent from|sent with|get outlook|von mein|gesendet von|gesendet mit|diese nachricht wurde von mein|outlook für"
    "|holen sie sich outlook"
    "|envoyé de|envoyé depuis|envoyé à partir|envoyé avec|provenance :|télécharger outlook|obtenez outlook"
    "|enviado desde|enviado con"
    "|obtener outlook|enviado do|enviado de|enviado a partir|enviado com|obter o outlook|baixar o outlook"
    "|inviato da|inviato con|scarica outlook|ottieni outlook|verstuurd vanaf|verzonden vanaf|verzonden vanuit"
    "|verzonden met|outlook voor"
    "|wysłane z|wysłano z|pobierz outlook|pobierz aplikację outlook|pobierz program outlook"
    "|skickat från|skickades från|skickat med|sendt fra|hämta outlook|skaffa outlook"
    "|android için outlook|ios için outlook|outlook'u edinin"
    "|отправлено с|отправлено из|скачать outlook|получить outlook"
    "|从我的|從我的|发自我的|發自我的|从 windows|获取 outlook|获取适用于|取得 outlook|取得適用於"
)
SENT_FROM_ENDS = _table("gönderildi|から送信|で送信しました|を入手")
SENDERS = _table(
    "iphone|ipad|ipod|android|galaxy|samsung|huawei|xiaomi|pixel|blackberry|outlook|yahoo|gmx|web.de|proton"
    "|windows|t-online|mail.ru|k-9 mail|fairemail"
)

# The label of a line in a quoted header block, and which header it stands for.
LABELS = {label: kind for kind, labels in _LABELS.items() for label in _table(labels)}
