"""The words with which people begin and end their mails, in thirteen languages, and their forms of address.

Owns the tables only. Everything but the formal "Sie" and its like is in small letters. What stands in these tables is
nobody's content, so it may be told of mails whose text may not.
"""

from __future__ import annotations


def _table(text: str) -> tuple[str, ...]:
    """Longest first, so that "guten tag" is found before "guten"."""
    return tuple(sorted(text.split("|"), key=len, reverse=True))


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


GREETINGS = {
    "en": _table("hi|hello|hey|dear|good morning|good afternoon|good evening|morning|greetings"),
    "de": _table(
        "hallo|hi|hey|liebe|lieber|liebes|guten tag|guten morgen|guten abend|moin|servus|grüß gott|grüezi|hoi|tag"
        "|sehr geehrte|sehr geehrter|werte|werter|grüß dich"
    ),
    "fr": _table("bonjour|bonsoir|salut|cher|chère|chers|chères|coucou|madame|monsieur"),
    "es": _table(
        "hola|buenos días|buenas tardes|buenas noches|buenas|buen día|estimado|estimada|estimados|estimadas|querido"
        "|querida|queridos"
    ),
    "it": _table("ciao|buongiorno|buonasera|salve|gentile|gentili|egregio|spettabile|caro|cara|cari"),
    "nl": _table("hallo|hoi|hey|beste|dag|goedemorgen|goedemiddag|goedenavond|geachte|lieve"),
    "pt": _table(
        "olá|oi|bom dia|boa tarde|boa noite|caro|cara|caros|prezado|prezada|prezados|querido|querida|exmo|exma"
    ),
    "pl": _table("cześć|hej|dzień dobry|dobry wieczór|witam|witaj|drogi|droga|szanowny|szanowna|szanowni"),
    "sv": _table("hej|hejsan|tjena|god morgon|kära|käre|bästa"),
    "tr": _table("merhaba|merhabalar|selam|sayın|sevgili|günaydın|iyi günler"),
    "ru": _table(
        "здравствуйте|здравствуй|привет|добрый день|доброе утро|добрый вечер|уважаемый|уважаемая|уважаемые|дорогой"
        "|дорогая"
    ),
    "ja": _table("お世話になっております|お世話になります|お疲れ様です|こんにちは"),
    "zh": _table("您好|你好|尊敬的|亲爱的|早上好"),
}

# Words beside a name in a greeting: they stay, a name becomes its kind.
TITLES = _words(
    "mr mrs ms dr prof professor sir madam or herr frau herrn damen und herren and et y e i en och ve monsieur madame "
    "mme mlle m messieurs mesdames señor señora don doña sr sra signor signora dott dottore dottoressa meneer mevrouw "
    "de heer senhor senhora pan pani panie pana państwo państwu bey hanım господин госпожа all everyone team there "
    "folks both guys alle zusammen ihr euch beiden leute tous toutes à todos todas a tutti allemaal iedereen wszyscy "
    "wszystkim alla herkese все всем коллеги colleagues kollegen 先生 女士"
)

CLOSINGS = {
    "en": _table(
        "best regards|kind regards|warm regards|with kind regards|with best regards|regards|best wishes|all the best"
        "|best|cheers|thanks|many thanks|thank you|thanks again|thanks in advance|yours sincerely|sincerely"
        "|yours faithfully|yours|take care|love|speak soon|talk soon|see you|ciao|warmly|kind wishes|br|xx|x"
    ),
    "de": _table(
        "viele grüße|liebe grüße|beste grüße|herzliche grüße|schöne grüße|freundliche grüße|mit freundlichen grüßen"
        "|mit freundlichem gruß|mit besten grüßen|mit lieben grüßen|mit herzlichen grüßen|viele liebe grüße|grüße|gruß"
        "|lieben gruß|besten gruß|herzlichst|lg|vg|mfg|bg|hg|glg|danke|vielen dank|bis dann|bis bald|bis morgen"
        "|hochachtungsvoll|freundlich grüßt|es grüßt|freundliche grüsse|viele grüsse|liebe grüsse|beste grüsse|gruss"
        "|mit freundlichen grüssen|herzliche grüsse|tschüss|ciao"
    ),
    "fr": _table(
        "cordialement|bien cordialement|très cordialement|bien à vous|bien à toi|amicalement|amitiés|bises|bisous"
        "|à bientôt|à plus|merci|merci d'avance|merci beaucoup|salutations|meilleures salutations|sincères salutations"
        "|cdlt|bonne journée|belle journée|bonne soirée|je vous prie d'agréer"
    ),
    "es": _table(
        "un saludo|saludos|saludos cordiales|un cordial saludo|cordiales saludos|atentamente|un abrazo|abrazos|besos"
        "|muchas gracias|gracias|mil gracias|hasta pronto|hasta luego|saludo"
    ),
    "it": _table(
        "cordiali saluti|distinti saluti|un saluto|saluti|cari saluti|un caro saluto|grazie|grazie mille|a presto"
        "|un abbraccio|buona giornata|cordialmente|ciao"
    ),
    "nl": _table(
        "met vriendelijke groet|met vriendelijke groeten|vriendelijke groet|vriendelijke groeten|groet|groeten|groetjes"
        "|hartelijke groet|hartelijke groeten|mvg|bedankt|dank|alvast bedankt|liefs"
    ),
    "pt": _table(
        "com os melhores cumprimentos|melhores cumprimentos|cumprimentos|atenciosamente|abraço|um abraço|abraços"
        "|obrigado|obrigada|muito obrigado|muito obrigada|até logo|beijos|att|saudações"
    ),
    "pl": _table(
        "pozdrawiam|pozdrowienia|serdecznie pozdrawiam|pozdrawiam serdecznie|z poważaniem|z wyrazami szacunku|dziękuję"
        "|dzięki|do usłyszenia|do zobaczenia|uściski"
    ),
    "sv": _table(
        "vänliga hälsningar|med vänliga hälsningar|med vänlig hälsning|vänlig hälsning|hälsningar|mvh|bästa hälsningar"
        "|tack|tack på förhand|kram|vi hörs|vi ses"
    ),
    "tr": _table("saygılarımla|saygılar|iyi çalışmalar|iyi günler|teşekkürler|teşekkür ederim|sevgiler|selamlar"),
    "ru": _table("с уважением|с наилучшими пожеланиями|всего доброго|спасибо|до встречи|хорошего дня|обнимаю|привет"),
    "ja": _table("よろしくお願いいたします|よろしくお願い致します|よろしくお願いします|以上"),
    "zh": _table("此致|敬礼|祝好|谢谢|顺祝商祺"),
}

# language: (familiar form, its words), (polite form, its words). Words with a capital count only where a sentence has
# begun before: there "Sie" cannot be "they".
ADDRESS: dict[str, tuple[tuple[str, frozenset[str]], tuple[str, frozenset[str]]]] = {
    "de": (
        ("du", _words("du dich dir dein deine deinen deinem deiner deines euch euer eure euren eurem")),
        ("Sie", _words("Sie Ihnen Ihr Ihre Ihren Ihrem Ihrer Ihres")),
    ),
    "fr": (("tu", _words("tu te toi ton ta tes")), ("vous", _words("vous votre vos"))),
    "es": (("tú", _words("tú te ti tu tus contigo")), ("usted", _words("usted ustedes"))),
    "it": (("tu", _words("tu te ti tuo tua tuoi tue")), ("Lei", _words("Lei Le La Suo Sua Suoi Sue"))),
    "nl": (("je", _words("je jij jou jouw")), ("u", _words("u uw"))),
    "pl": (
        ("ty", _words("ty ci cię ciebie tobie twój twoja twoje twoim twojej")),
        ("Pan/Pani", _words("pan pani pana panu panią państwo państwa państwu")),
    ),
    "ru": (
        ("ты", _words("ты тебя тебе тобой твой твоя твоё твои")),
        ("вы", _words("вы вас вам вами ваш ваша ваше ваши")),
    ),
    "tr": (("sen", _words("sen seni sana senin")), ("siz", _words("siz sizi size sizin"))),
}

# What a contraction leaves out, in English; the other languages do not choose.
CONTRACTED = _words(
    "i'm i'll i've i'd you're you'll you've you'd we're we'll we've we'd they're it's that's there's what's here's "
    "let's don't doesn't didn't can't won't isn't aren't wasn't weren't couldn't wouldn't shouldn't haven't hasn't "
    "hadn't"
)
WRITTEN_OUT = frozenset(
    tuple(pair.split())
    for pair in _table(
        "i am|i will|i have|i would|you are|you will|you have|we are|we will|we have|we would|it is|that is|there is"
        "|do not|does not|did not|can not|will not|is not|are not|was not|were not|could not|would not|should not"
        "|have not|has not"
    )
)
