"""Which language a text is in, by its script and its commonest words.

Owns thirteen languages, enough to greet and to sign off in. Says "" when it is not sure: an answer in the wrong
language is worse than one in the owner's own. Refuses to know mails.
"""

from __future__ import annotations

import re
from collections import Counter

LOOK = 20_000  # characters: a mail does not change its language later
LEAST_WORDS = 2  # hits; one common word may be a name
LEAD = 1.3  # times the hits of the next language: Spanish and Portuguese share many
SHARE = 0.4  # of the letters must be of a script before it decides

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_KANA = re.compile(r"[\u3040-\u30ff]")
_HAN = re.compile(r"[\u3400-\u9fff]")
_CYRILLIC = re.compile(r"[\u0400-\u04ff]")
_NOT_RUSSIAN = re.compile(r"[іїєґўјљњћђџ]", re.IGNORECASE)  # Ukrainian, Belarusian, Serbian

_WORDS = {
    "en": "the and you for is of to that this with have are we be it on as please will can would your from not i do "
    "thanks thank hi hello dear what when could our me us meeting",
    "de": "der die das und ich sie wir ist nicht mit für auf ein eine dem den zu von bitte danke wie noch auch kann "
    "können haben hat es im am uns ihr du dir mir hallo liebe lieber grüße wenn dass oder wann",
    "fr": "le la les et vous nous je est pas pour une un des du de que qui avec dans sur merci bonjour votre notre ce "
    "cette il elle au aux cordialement pouvez êtes avez vos si plus sont",
    "es": "el la los las y que de en por para con una un es no su está usted gracias hola se lo más como pero muy le "
    "nos saludos puede del al si cuando nuestro estamos",
    "it": "il la lo gli e che di per con una un è non del della sono grazie ciao buongiorno si ma come le mi ci nel "
    "alla anche saluti può questo nostro dei se hai ho",
    "nl": "de het een en van ik je jij u wij we is niet dat met voor op zijn hebben heb kan kunt graag bedankt groet "
    "groeten hallo beste te er aan ook maar als om nog wat wanneer bij",
    "pt": "o a os as e que de em por para com uma um é não seu está você obrigado obrigada olá se mais como mas muito "
    "nos do da no na ao dos pode bom dia são isso",
    "pl": "i w na z że nie się do jest to o za jak czy po dla od ale pan pani proszę dziękuję dzień dobry pozdrawiam "
    "mam są co już ten ta będzie mogę może oraz przez",
    "sv": "och att det i som en ett jag du vi är inte med för på av till den har kan om så hej tack vänliga hälsningar "
    "men eller när från ska vill mig oss din er",
    "tr": "ve bir bu için ile ben sen siz biz mi mı değil çok ne var yok olarak daha gibi ama merhaba teşekkürler "
    "lütfen selamlar iyi saygılar da de olan kadar sonra nasıl zaman",
}
_LANGUAGES: dict[str, tuple[str, ...]] = {}
for _language, _words in _WORDS.items():
    for _word in _words.split():
        _LANGUAGES[_word] = (*_LANGUAGES.get(_word, ()), _language)


def detect(text: str) -> str:
    """The language of a text as an ISO 639-1 code, "" when it cannot be told."""
    text = text[:LOOK]
    letters = sum(map(str.isalpha, text))
    if not letters:
        return ""
    kana, han, cyrillic = (len(script.findall(text)) for script in (_KANA, _HAN, _CYRILLIC))
    if (kana + han) >= SHARE * letters:
        return "ja" if kana else "zh"
    if cyrillic >= SHARE * letters:
        return "" if _NOT_RUSSIAN.search(text) else "ru"
    return _by_words(text)


def _by_words(text: str) -> str:
    hits: Counter[str] = Counter()
    for word in _WORD.findall(text.lower()):
        languages = _LANGUAGES.get(word, ())
        for language in languages:
            hits[language] += 60 // len(languages)  # a word that three languages share says a third
    ranked = [*hits.most_common(2), ("", 0), ("", 0)]
    (best, most), (_, next_most) = ranked[0], ranked[1]
    return best if most >= LEAST_WORDS * 60 and most >= LEAD * next_most else ""
