"""Which language a text is in, by its script and its commonest words; whether a reply is in the language of its mail.

Owns thirteen languages, enough to greet and to sign off in, and their nearest neighbours, so that Danish is not taken
for Swedish. Says "" when it is not sure: an answer in the wrong language is worse than one in the owner's own. Refuses
to know mails.
"""

from __future__ import annotations

import re
from collections import Counter

LOOK = 20_000  # characters: a mail does not change its language later
LEAST_WORDS = 2  # hits; one common word may be a name
LEAD = 1.3  # times the hits of the next language: Spanish and Portuguese share many
SHARE = 0.4  # of the letters must be of a script before it decides
LEAST_LETTERS = 12  # of a text, before its script is judged
MOST_LETTERS = 0.7  # of the letters are of the script that a text is in
CERTAIN = 2.0  # times the hits of the language that was wanted, before a reply is called wrong
WRONG = "The reply is in another language than the mail"  # how every such sentence begins

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_KANA = re.compile(r"[\u3040-\u30ff]")
_HAN = re.compile(r"[\u3400-\u9fff]")
_CYRILLIC = re.compile(r"[\u0400-\u04ff]")
_NOT_RUSSIAN = re.compile(r"[іїєґўјљњћђџѓќѕ]", re.IGNORECASE)  # Ukrainian, Belarusian, Serbian, Macedonian
_BULGARIAN = re.compile(r"ъ", re.IGNORECASE)  # common there, rare in Russian, which cannot do without the next one
_NOT_BULGARIAN = re.compile(r"[ыэё]", re.IGNORECASE)
_GAP = re.compile(r"\[\[[^\[\]]*\]\]")  # what the owner has to fill in speaks the owner's language

_NAMES = {
    **{"en": "English", "de": "German", "fr": "French", "es": "Spanish", "it": "Italian", "nl": "Dutch"},
    **{"pt": "Portuguese", "pl": "Polish", "sv": "Swedish", "tr": "Turkish", "ru": "Russian", "ja": "Japanese"},
    **{"zh": "Chinese", "da": "Danish or Norwegian", "ca": "Catalan", "gl": "Galician"},
}
_NEIGHBOURS = ("da", "ca", "gl")  # told from the others, but not spoken here
_SCRIPTS = {
    "Latin": re.compile(r"[A-Za-z\u00c0-\u024f\u1e00-\u1eff]"),
    "Greek": re.compile(r"[\u0370-\u03ff]"),
    "Cyrillic": _CYRILLIC,
    "Hebrew": re.compile(r"[\u0590-\u05ff]"),
    "Arabic": re.compile(r"[\u0600-\u06ff]"),
    "Indian": re.compile(r"[\u0900-\u0dff]"),
    "Thai": re.compile(r"[\u0e00-\u0e7f]"),
    "Korean": re.compile(r"[\u1100-\u11ff\uac00-\ud7af]"),
    "Chinese or Japanese": re.compile(r"[\u3040-\u30ff\u3400-\u9fff]"),
}

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
    "da": "og at det i en et jeg du vi er ikke med for på av af til den har kan om så hej hei tak takk vennlig venlig "
    "hilsen men eller når fra skal vil mig meg oss din din hva hvad hvis kære mvh nå nu også",
    "ca": "el la els les i que de en per amb una un és no del al ens us bon bona dia gràcies moltes salutacions podeu "
    "aquest aquesta si com més abans ho necessitem a hola",
    "gl": "o a os as e que de en por para con unha un é non do da no na grazas ola moitas pode antes este",
}
_LANGUAGES: dict[str, tuple[str, ...]] = {}
for _language, _words in _WORDS.items():
    for _word in _words.split():
        _LANGUAGES[_word] = (*_LANGUAGES.get(_word, ()), _language)


def detect(text: str) -> str:
    """The language of a text as an ISO 639-1 code, one of thirteen; "" when it cannot be told."""
    told = _told(text[:LOOK])
    return "" if told in _NEIGHBOURS else told


def spoken(fresh: str, whole: str, own: str) -> str:
    """The language to write in: of the new text, where that is too short of all the mail, else the owner's own."""
    return detect(fresh) or detect(whole) or own


def name(code: str) -> str:
    """What a language is called in English; the code itself where it is none of ours."""
    return _NAMES.get(code, code)


def mismatch(mail: str, reply: str, named: str) -> str:
    """A sentence for the owner when the reply is certainly in another language or script than the mail, else "".

    ``named`` is what the model called the language (ISO 639-1, or ""): it counts where the mail does not tell."""
    reply = _GAP.sub(" ", reply[:LOOK])
    wanted, found = _told(mail[:LOOK]) or (named if named in _NAMES else ""), _told(reply)
    if wanted and found:
        hits = _hits(reply)
        differs = wanted != found and hits[found] >= CERTAIN * hits[wanted]
        return f"{WRONG} ({_NAMES[found]}, not {_NAMES[wanted]})" if differs else ""
    written, expected = _script(reply), _script(mail[:LOOK])
    differs = bool(written) and bool(expected) and written != expected
    return f"{WRONG} ({written} letters, not {expected})" if differs else ""


def _told(text: str) -> str:
    letters = sum(map(str.isalpha, text))
    if not letters:
        return ""
    kana, han, cyrillic = (len(script.findall(text)) for script in (_KANA, _HAN, _CYRILLIC))
    if (kana + han) >= SHARE * letters:
        return "ja" if kana else "zh"
    if cyrillic >= SHARE * letters:
        bulgarian = _BULGARIAN.search(text) and not _NOT_BULGARIAN.search(text)
        return "" if bulgarian or _NOT_RUSSIAN.search(text) else "ru"
    return _best(_hits(text))


def _script(text: str) -> str:
    """The script of most letters, "" when no one has most of them or there are too few to tell."""
    letters = sum(map(str.isalpha, text))
    counts = {name: len(script.findall(text)) for name, script in _SCRIPTS.items()}
    name, most = max(counts.items(), key=lambda item: item[1])
    return name if most >= LEAST_LETTERS and most > MOST_LETTERS * letters else ""


def _hits(text: str) -> Counter[str]:
    hits: Counter[str] = Counter()
    for word in _WORD.findall(text.lower()):
        languages = _LANGUAGES.get(word, ())
        for language in languages:
            hits[language] += 60 // len(languages)  # a word that three languages share says a third
    return hits


def _best(hits: Counter[str]) -> str:
    ranked = [*hits.most_common(2), ("", 0), ("", 0)]
    (best, most), (_, next_most) = ranked[0], ranked[1]
    return best if most >= LEAST_WORDS * 60 and most >= LEAD * next_most else ""
