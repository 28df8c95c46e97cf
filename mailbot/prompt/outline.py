"""The outline writer: what is drafted when no model is configured.

A greeting, each question of the mail with a gap to fill in, a sign-off, in the language of the mail. It never says
anything in the owner's name. Owns its few sentences in thirteen languages. Refuses to guess what the owner thinks.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mailbot.mail.mail import Mail
from mailbot.prompt.answer import POINTS, SUMMARY, TITLE, Answer
from mailbot.prompt.guard import clean_reply, one_line

if TYPE_CHECKING:
    from mailbot.reply.identity import Voice

NAME = "outline"  # what the page says in the place of a model
LOOK = 50_000  # characters of a mail that are searched for questions
QUESTION = 200  # characters of a question that are repeated
OPENING = 300  # characters of the mail that stand as its summary
NAME_LENGTH = 80  # characters


@dataclass(frozen=True, slots=True)
class _Phrases:
    """``greeting`` with a name and without one; ``about`` stands before a question; ``gap`` in a sentence for the
    owner."""

    greeting: str
    nameless: str
    about: str
    gap: str
    regards: str


_PHRASES = {
    "en": _Phrases("Hello {},", "Hello,", "On “{}”:", "your answer", "Best regards"),
    "de": _Phrases("Hallo {},", "Hallo,", "Zu „{}“:", "Ihre Antwort", "Viele Grüße"),
    "fr": _Phrases("Bonjour {},", "Bonjour,", "Concernant « {} » :", "votre réponse", "Cordialement"),
    "es": _Phrases("Hola, {}:", "Hola:", "Sobre «{}»:", "su respuesta", "Un saludo"),
    "it": _Phrases("Buongiorno {},", "Buongiorno,", "Riguardo a «{}»:", "la Sua risposta", "Cordiali saluti"),
    "nl": _Phrases("Hallo {},", "Hallo,", "Over “{}”:", "uw antwoord", "Met vriendelijke groet"),
    "pt": _Phrases("Olá, {},", "Olá,", "Sobre “{}”:", "a sua resposta", "Com os melhores cumprimentos"),
    "pl": _Phrases("Dzień dobry {},", "Dzień dobry,", "Co do „{}”:", "odpowiedź", "Pozdrawiam"),
    "sv": _Phrases("Hej {},", "Hej,", "Angående ”{}”:", "ditt svar", "Vänliga hälsningar"),
    "tr": _Phrases("Merhaba {},", "Merhaba,", "“{}” sorusu:", "yanıtınız", "Saygılarımla"),
    "ru": _Phrases("Здравствуйте, {}!", "Здравствуйте!", "По вопросу «{}»:", "ваш ответ", "С уважением,"),
    "ja": _Phrases("{} 様", "お世話になっております。", "「{}」について：", "回答", "よろしくお願いいたします。"),
    "zh": _Phrases("{}，您好：", "您好：", "关于“{}”：", "您的答复", "此致"),
}

_END = re.compile(r"(?<!\d)[.?!] |。")  # not the dot of "2."
_SENTENCE_END = re.compile(r"(?<=[.!?…])[\"”»)]?\s+|(?<=[。！？])")
_URGENT = re.compile(
    r"\b(?:urgent\w*|asap|immediately|emergency|dringend\w*|eilt|sofort|urgente?|urgence|spoed|pilne?|brådskande|acil)\b"
    r"|срочно|至急|緊急|紧急",
    re.IGNORECASE,
)


def write(*, mail: Mail, fresh: str, voice: Voice, correspondent: str, language: str) -> Answer:
    """An answer whose reply the owner can fill in. ``fresh`` is the mail without its history, ``correspondent`` the
    name of the person who will read the reply, or "". ``language`` unknown here: English."""
    code = language.lower().replace("_", "-").partition("-")[0]
    code = code if code in _PHRASES else "en"
    asked = questions(fresh)
    sender = one_line(mail.from_[0].name or mail.from_[0].email if mail.from_ else "", NAME_LENGTH) or "Somebody"
    subject = one_line(mail.subject, TITLE) or "a mail without a subject"
    return Answer(
        title=one_line(f"{sender}: {subject}", TITLE),
        summary=one_line(_opening(fresh) or f"The mail has no text of its own. Its subject: {subject}", SUMMARY),
        key_points=tuple(f"Answer: {question}" for question in asked) or (f"Answer {sender}",),
        urgency="urgent" if _URGENT.search(subject) else "normal",
        questions=asked,
        language=code,
        reply=_reply(_PHRASES[code], _gap(code, voice), _person(correspondent), asked, voice.name),
    )


def questions(text: str) -> tuple[str, ...]:
    """The sentences that end in a question mark, each once, in order, cut to a length that can be repeated."""
    found: dict[str, None] = {}
    for paragraph in text[:LOOK].split("\n\n"):
        for sentence in _SENTENCE_END.split(" ".join(paragraph.split())):
            asked = sentence.strip(" \"'“”„«»()*>-•–")
            if asked.endswith(("?", "？")) and any(map(str.isalpha, asked)):
                found[one_line(asked, QUESTION)] = None
    return tuple(found)[:POINTS]


def _reply(phrases: _Phrases, gap: str, person: str, asked: tuple[str, ...], name: str) -> str:
    """Greeting, questions, sign-off. Quoted brackets would look like gaps, so questions lose theirs."""
    plain = [question.translate({ord("["): "(", ord("]"): ")"}) for question in asked]
    body = [f"{phrases.about.format(_inner(question))}\n{gap}" for question in plain] or [gap]
    greeting = phrases.greeting.format(person) if person else phrases.nameless
    return clean_reply("\n\n".join((greeting, *body, f"{phrases.regards}\n{name}".strip())))


def _inner(question: str) -> str:
    return question.translate({ord(mark): None for mark in "“”„«»「」"})


def _gap(code: str, voice: Voice) -> str:
    """The gap speaks to the owner: in the owner's language where it is one of ours."""
    own = voice.language.lower().partition("-")[0]
    return f"[[fill: {_PHRASES[own if own in _PHRASES else code].gap}]]"


def _person(name: str) -> str:
    """The name as one would greet: "Lindqvist, Mara" turned round, no address."""
    name = one_line(name, NAME_LENGTH).translate({ord(mark): None for mark in '"<>[]{}*'})
    if "@" in name:
        return ""
    last, comma, first = name.partition(",")
    return f"{first.strip()} {last.strip()}".strip() if comma and "," not in first else name


def _opening(text: str) -> str:
    """The beginning of the mail, to the end of a sentence where one is near."""
    flat = " ".join(text[: 4 * OPENING].split())
    if len(flat) <= OPENING:
        return flat
    ends = [found.start() for found in _END.finditer(flat, OPENING // 2, OPENING)]
    return flat[: ends[-1] + 1] if ends else one_line(flat, OPENING)
