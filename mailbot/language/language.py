"""Which language a text is in, by its script and its commonest words; whether a reply is in the language of its mail.

Owns thirteen languages, enough to greet and to sign off in, and their nearest neighbours, so that Danish is not taken
for Swedish. Says "" when it is not sure: an answer in the wrong language is worse than one in the owner's own. Refuses
to know mails.
"""

from __future__ import annotations

import re
from collections import Counter

LOOK = 20_000  # characters: a mail does not change its language later
WORD = 60  # what a word says for a language that shares it with no other
LEAST_WORDS = 2  # hits; one common word may be a name
LEAD = 1.3  # times the hits of the next language: Spanish and Portuguese share many
SHARE = 0.4  # of the letters must be of a script before it decides
LEAST_LETTERS = 12  # of a text, before its script is judged
MOST_LETTERS = 0.7  # of the letters are of the script that a text is in
PART = 20  # letters of a paragraph, before its language counts
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
_RARE = ("ca", "gl")  # what could be Spanish or Portuguese as well, mostly is
CODES = tuple(code for code in _NAMES if code not in _NEIGHBOURS)  # those that are spoken here
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
    "en": "the and you for is of to that this with have are we be it on as please will can would your from not do "
    "thanks thank hi hello dear what when could our me us meeting at by an or but if so my he she they there here yes "
    "no any about how who where which was were has had been just more than them need know let see send call am "
    "tomorrow today week invoice attached find again regards best sure sorry looking forward monday tuesday wednesday "
    "thursday friday saturday sunday",
    "de": "der die das und ich sie wir ist nicht mit für auf ein eine dem den zu von bitte danke wie noch auch kann "
    "können haben hat es im am uns ihr du dir mir hallo liebe lieber grüße wenn dass oder wann bei nach aus um wer was "
    "wo warum ja nein sehr gut hast habe bin sind war wird würde könnten könnte einen einer einem ihre ihnen mich dich "
    "morgen heute woche rechnung anbei anrufen schicken passt leider gern gerne schon bisher nichts zeit vielen guten "
    "montag dienstag mittwoch donnerstag freitag samstag sonntag",
    "fr": "le la les et vous nous je est pas pour une un des du de que qui avec dans sur merci bonjour votre notre ce "
    "cette il elle au aux cordialement pouvez êtes avez vos si plus sont peux veuillez pourriez quand comment où oui "
    "non bien très mon ma mes ton ta tes suis es ai ont serait être faire avoir demain aujourd'hui semaine facture "
    "joint jointe ci-joint réunion appeler envoyer reçu désolé désolée rien bonsoir salut tu me te se en à ne on "
    "par mais ou s'il plaît lundi mardi mercredi jeudi vendredi samedi dimanche",
    "es": "el la los las y que de en por para con una un es no su está usted gracias hola se lo más como pero muy le "
    "nos saludos puede del al si cuando nuestro estamos me te puedes podría podrías cuándo cómo dónde qué quién sí "
    "bien mi tu son soy eres tengo tiene tienes hay favor mañana hoy semana factura adjunto adjunta reunión llamar "
    "enviar recibido siento todavía nada otra vez claro perfecto saludo buenos buenas días a o ya te vale va lunes "
    "martes miércoles jueves viernes sábado domingo",
    "it": "il la lo gli e che di per con una un è non del della sono grazie ciao buongiorno si ma come le mi ci nel "
    "alla anche saluti può questo nostro dei se hai ho puoi potrebbe quando dove chi cosa sì no bene mio tuo suo è ha "
    "abbiamo siamo sei in a da al ti vi domani oggi settimana fattura allegato riunione chiamare chiamarmi mandare "
    "ricevuto dispiace ancora niente certo saluto buonasera i o favore va lunedì martedì mercoledì giovedì venerdì "
    "sabato domenica",
    "nl": "de het een en van ik je jij u wij we is niet dat met voor op zijn hebben heb kan kunt graag bedankt groet "
    "groeten hallo beste te er aan ook maar als om nog wat wanneer bij kun hoe waar wie ja nee goed mijn jouw ben "
    "bent was heeft zou zullen hij zij ze me mij ons onze uw in die dit deze naar geen morgen vandaag week factuur "
    "bijlage vergadering bellen sturen ontvangen sorry helaas natuurlijk prima nieuws alsjeblieft alstublieft hoi "
    "over maandag dinsdag woensdag donderdag vrijdag zaterdag zondag",
    "pt": "o a os as e que de em por para com uma um é não seu está você obrigado obrigada olá se mais como mas muito "
    "nos do da no na ao dos pode bom dia são isso me te podes poderia quando onde quem sim bem meu minha tu sou és "
    "tenho tem tens há favor amanhã hoje semana fatura anexo reunião ligar enviar recebido desculpe desculpa ainda "
    "nada outra vez claro cumprimentos boa tarde às sobre segue em ou já vai segunda terça quarta quinta sexta sábado "
    "domingo feira",
    "pl": "i w na z że nie się do jest to o za jak czy po dla od ale pan pani proszę dziękuję dzień dobry pozdrawiam "
    "mam są co już ten ta będzie mogę może oraz przez tak kiedy gdzie kto mnie mi cię ci nam was ja ty masz jesteś "
    "jestem był była możesz chciałbym jutro dziś dzisiaj tydzień fakturę załączniku przesyłam spotkanie zadzwonić "
    "wysłać jeszcze raz niestety nic jasne cześć pozdrowienia serdecznie jakieś żeby bardzo u poniedziałek wtorek "
    "środę środa czwartek piątek sobota sobotę niedziela niedzielę",
    "sv": "och att det i som en ett jag du vi är inte med för på av till den har kan om så hej tack vänliga hälsningar "
    "men eller när från ska vill mig oss din er vad var vem hur ja nej bra min mitt mina ditt ni han hon de dem här "
    "där blir skulle kunna imorgon morgon idag vecka faktura fakturan bifogar bifogas möte mötet ringa ringer skicka "
    "fått visst tyvärr inget än också mycket mvh snälla måndag tisdag onsdag torsdag fredag lördag söndag",
    "tr": "ve bir bu için ile ben sen siz biz mi mı değil çok ne var yok olarak daha gibi ama merhaba teşekkürler "
    "lütfen selamlar iyi saygılar da de olan kadar sonra nasıl zaman mu mü misin mısın misiniz mısınız beni bana sana "
    "bize size bizi evet hayır yarın bugün hafta fatura ekte ektedir toplantı tekrar gönderir gönderebilir müsait "
    "haber aldım olur uyar henüz şey yeni saat üzgünüm tabii her o şu ki ya pazartesi salı çarşamba perşembe cuma "
    "cumartesi pazar",
    "da": "og at det i en et jeg du vi er ikke med for på av af til den har kan om så hej hei tak takk vennlig venlig "
    "hilsen men eller når fra skal vil mig meg oss din hva hvad hvis kære mvh nå nu også ja nej nei bra godt god min "
    "mit dit ditt han hun de dem her der bliver blir ville kunne morgen i dag uge uke faktura vedlagt møde møte ringe "
    "sende hvem hvor hvordan mandag tirsdag onsdag torsdag fredag lørdag søndag",
    "ca": "el la els les i que de en per amb una un és no del al ens us bon bona dia gràcies moltes salutacions podeu "
    "aquest aquesta si com més abans ho necessitem a hola em et es pots quan on qui sí bé meu teu soc ets tinc té tens "
    "hi ha favor demà avui setmana factura reunió dilluns dimarts dimecres dijous divendres dissabte diumenge",
    "gl": "o a os as e que de en por para con unha un é non do da no na grazas ola moitas pode antes este me te podes "
    "cando onde quen si ben meu teu son es teño ten tes hai favor mañá hoxe semana factura reunión outra vez luns "
    "martes mércores xoves venres sábado domingo",
}
# Letters and marks that of these languages only one writes; they tip the scales, once.
_MARKS = {"de": "ß", "es": "¿¡", "fr": "œûîëï", "pt": "ãõ", "pl": "łżźśćńąę", "tr": "ışğ"}
_LANGUAGES: dict[str, tuple[str, ...]] = {}
for _language, _words in _WORDS.items():
    for _word in set(_words.split()):
        _LANGUAGES[_word] = (*_LANGUAGES.get(_word, ()), _language)


def detect(text: str) -> str:
    """The language of a text as an ISO 639-1 code, one of thirteen; "" when it cannot be told."""
    told = _told(text[:LOOK])
    return "" if told in _NEIGHBOURS else told


def spoken(fresh: str, whole: str, own: str) -> str:
    """The language to write in: of the new text, where that is too short of all the mail, else ``own``."""
    return detect(_own_words(fresh)) or detect(whole) or own


def written(reply: str, named: str, own: str) -> str:
    """The language of a reply: as it reads, else as the model named it (ISO 639-1, or ""), else ``own``."""
    return detect(reply) or (named if named in _NAMES and named not in _NEIGHBOURS else own)


def _own_words(text: str) -> str:
    """What the writer of a text wrote, without the lines that he quotes among them."""
    return "\n".join(line for line in text.split("\n") if not line.startswith(">"))


def name(code: str) -> str:
    """What a language is called in English; the code itself where it is none of ours."""
    return _NAMES.get(code, code)


def is_common(word: str) -> bool:
    """Whether a word in small letters is one of the commonest of a language, and so says nothing about a topic."""
    return word in _LANGUAGES


def mismatch(mail: str, reply: str, named: str) -> str:
    """A sentence for the owner when the reply is certainly in another language or script than the mail, else "".

    ``named`` is what the model called the language (ISO 639-1, or ""): it counts where the mail does not tell. A mail
    in two languages may be answered in either."""
    mail, reply = _own_words(mail[:LOOK]), _GAP.sub(" ", reply[:LOOK])
    wanted, found = _told(mail) or (named if named in _NAMES else ""), _told(reply)
    if wanted and found:
        hits = _hits(reply)
        differs = wanted != found and hits[found] >= CERTAIN * hits[wanted] and found not in _parts(mail)
        return f"{WRONG} ({_NAMES[found]}, not {_NAMES[wanted]})" if differs else ""
    written, expected = _script(reply), _script(mail)
    differs = bool(written) and bool(expected) and written != expected
    return f"{WRONG} ({written} letters, not {expected})" if differs else ""


def _parts(text: str) -> set[str]:
    """The languages of the paragraphs that are long enough to tell."""
    paragraphs = (part for part in text.split("\n\n") if sum(map(str.isalpha, part)) >= PART)
    return {_told(part) for part in paragraphs}


def _told(text: str) -> str:
    text = _without_links(text)
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


def _without_links(text: str) -> str:
    """Addresses are in no language, and longer than the words around them."""
    return " ".join(word for word in text.split() if "://" not in word and "@" not in word)


def _script(text: str) -> str:
    """The script of most letters, "" when no one has most of them or there are too few to tell."""
    text = _without_links(text)
    letters = sum(map(str.isalpha, text))
    counts = {name: len(script.findall(text)) for name, script in _SCRIPTS.items()}
    name, most = max(counts.items(), key=lambda item: item[1])
    return name if most >= LEAST_LETTERS and most > MOST_LETTERS * letters else ""


def _hits(text: str) -> Counter[str]:
    """How much speaks for each language. A word counts once: "ha ha ha" is no Italian."""
    hits: Counter[str] = Counter()
    for word in set(_WORD.findall(text.lower())):
        languages = _LANGUAGES.get(word, ())
        for language in languages:
            hits[language] += WORD // len(languages)  # a word that three languages share says a third
    hits.update({language: WORD for language, marks in _MARKS.items() if any(mark in text for mark in marks)})
    for language in _RARE:
        hits[language] = hits[language] * 3 // 4
    return hits


def _best(hits: Counter[str]) -> str:
    ranked = [*hits.most_common(2), ("", 0), ("", 0)]
    (best, most), (_, next_most) = ranked[0], ranked[1]
    return best if most >= LEAST_WORDS * WORD and most >= LEAD * next_most else ""
