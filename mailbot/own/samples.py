"""Which own mails are shown as samples: to the very people who read the reply, in its language, near to its topic, and
recent.

A sample may be repeated by the model, so each of its readers must have got it: what was written to one of two people is
no sample for a reply to both.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from mailbot.own.sent import OwnMail

MOST = 5  # samples
LEAST_WORDS, MOST_WORDS = 4, 250  # of a mail that shows how somebody writes
LENGTH = 700  # characters of a sample
HALF_LIFE = 180 * 86400.0  # seconds after which a mail counts half as recent
REST = "[...]"

_DIGITS = re.compile(r"\d+")
# A number as long as that of an account, a card or a telephone, or a word that a password stands beside: no example of
# how somebody writes needs to leave the house with it.
_NUMBER = re.compile(r"\d(?:[ /-]?\d){8}")
_SECRET = re.compile(
    r"passwor[dt]|passcode|kennwort|mot de passe|contraseña|wachtwoord|senha|hasło|lösenord|şifre|парол|パスワード"
    r"|密码",
    re.IGNORECASE,
)


def choose(
    mails: Sequence[OwnMail], *, readers: Iterable[str], language: str, near: Sequence[str], known: Collection[str]
) -> tuple[OwnMail, ...]:
    """Up to MOST, the best first, each cut to LENGTH. ``near`` are the ids of mails near to the topic, the nearest
    first; ``known`` the ids of mails that the prompt holds already. ``readers`` are folded addresses; nobody is no
    one, and gets no sample."""
    everybody = frozenset(readers)
    fit = [
        mail
        for mail in mails
        if everybody
        and everybody <= set(mail.readers)
        and mail.language == language
        and LEAST_WORDS <= mail.habits.words <= MOST_WORDS
        and mail.message_id not in known
        and not (_NUMBER.search(mail.text) or _SECRET.search(mail.text))
    ]
    newest = max((mail.at for mail in fit), default=0.0)
    places = {id: place for place, id in enumerate(near)}
    ranked = sorted(fit, key=lambda mail: _worth(mail, newest, places), reverse=True)
    distinct = {_wording(mail): mail for mail in reversed(ranked)}
    chosen = [mail for mail in ranked if distinct[_wording(mail)] is mail][:MOST]
    return tuple(replace(mail, text=cut(mail)) for mail in chosen)


def _wording(mail: OwnMail) -> str:
    """What is the same in two orders of another day and number: one of them shows as much as both."""
    return _DIGITS.sub("0", mail.text)


def _worth(mail: OwnMail, newest: float, places: dict[str, int]) -> float:
    """Topic and recency count alike; a mail without any of the words has no topic in common."""
    recent = math.exp2((mail.at - newest) / HALF_LIFE)
    return recent + (1 / (1 + places[mail.message_id] / MOST) if mail.message_id in places else 0.0)


def cut(mail: OwnMail) -> str:
    """The text, cut at the end of a sentence and with its sign-off where it is too long."""
    if len(mail.text) <= LENGTH:
        return mail.text
    head = mail.text[:LENGTH]
    end = max(head.rfind(mark) + 1 for mark in (". ", "! ", "? ", ".\n", "!\n", "?\n", "。", "\n\n"))
    kept = head[: end if end > LENGTH // 3 else LENGTH].rstrip()
    return "\n\n".join(filter(None, (f"{kept} {REST}", mail.signoff.written)))
