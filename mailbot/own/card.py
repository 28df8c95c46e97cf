"""The style card: how the owner writes, in a few lines, counted from own mails.

Counted from as near as there are enough mails: those that every reader of the reply got, else those to the same people,
else those in the same language, else all. Only of the first, greeting and sign-off are told as they were written; of
all others as habits, so that nobody reads what was said to somebody else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from mailbot.language import language as languages
from mailbot.own.frame import Phrase
from mailbot.own.habits import CHARACTERS_PER_WORD
from mailbot.own.sent import OwnMail

ENOUGH = 3  # mails, before anything is called a habit
SHARE = 0.25  # of the mails, before a way to greet is worth telling
WAYS = 2  # of greeting or signing off that are told
NOTHING = "none"
UNSPACED = ("ja", "zh")  # languages whose lengths are told in characters


def card(
    mails: Sequence[OwnMail], *, to: Iterable[str], readers: Iterable[str], language: str, address: str = ""
) -> tuple[str, ...]:
    """The lines for a reply in ``language`` (ISO 639-1, or "") to these folded addresses; () where too few mails are
    known. ``address`` is the form of address of the mail that is answered, for people who are new."""
    wanted, everybody = frozenset(to), frozenset(readers)
    written = [mail for mail in mails if mail.text]
    spoken = [mail for mail in written if mail.language == language and language]
    same = [mail for mail in spoken if everybody and everybody <= set(mail.readers)]
    people = [mail for mail in spoken if wanted and wanted <= set(mail.to)]
    name = languages.name(language)
    whom = "this person" if len(wanted) == 1 else "these people"
    if len(same) >= ENOUGH:
        return _card(same, f"mails in {name} to {whom}", exact=True)
    if len(people) >= ENOUGH:
        return _card(people, f"mails in {name} to {whom}")
    alike = [mail for mail in spoken if address and mail.habits.address == address]
    if len(alike) >= ENOUGH:
        return _card(alike, f"mails in {name} to other people, all with “{address}”", near=False)
    if len(spoken) >= ENOUGH:
        return _card(spoken, f"mails in {name} to other people", near=False)
    return _card(written, "mails in other languages", near=False, frame=False) if len(written) >= ENOUGH else ()


def _card(
    mails: Sequence[OwnMail], what: str, *, exact: bool = False, near: bool = True, frame: bool = True
) -> tuple[str, ...]:
    """``near``: to the same people, so that the form of address is theirs; ``frame``: tell greeting and sign-off."""
    lines = [f"Counted from {len(mails)} {what}"]
    if frame:
        form: Callable[[Phrase], str] = (lambda p: p.written) if exact else (lambda p: p.habit)
        lines += [f"Greeting: {_ways([form(m.greeting) for m in mails])}"]
        lines += [f"Sign-off: {_ways([form(m.signoff) for m in mails])}"]
    if near and (address := _most([m.habits.address for m in mails if m.habits.address])):
        lines.append(f"Form of address: {address}")
    lines += _length(mails)
    lines += _contractions(mails)
    told = (
        ("lists", [m.habits.lists for m in mails]),
        ("exclamation marks", [m.habits.exclaims for m in mails]),
        ("smileys", [m.habits.smiles for m in mails]),
    )
    lines.append("; ".join(f"{name}: {_often(values)}" for name, values in told).capitalize())
    if sum(m.habits.small for m in mails) * 2 > len(mails):
        lines.append("Sentences begin with small letters")
    return tuple(lines)


def _ways(forms: Sequence[str]) -> str:
    """The commonest, with how often: “Hi Mara,” (7 of 9), none (2)."""
    counts = Counter(" / ".join(form.split("\n")) for form in forms)
    common = [(form, n) for form, n in counts.most_common(WAYS) if n >= SHARE * len(forms)]
    if not common:
        return "differs from mail to mail"
    return ", ".join(f"{f'“{form}”' if form else NOTHING} ({n} of {len(forms)})" for form, n in common)


def _most(values: Sequence[str]) -> str:
    return Counter(values).most_common(1)[0][0] if values else ""


def _length(mails: Sequence[OwnMail]) -> list[str]:
    counted = sorted(mail.habits.words for mail in mails if mail.habits.words)
    sentences = sum(mail.habits.sentences for mail in mails)
    if not counted or not sentences:
        return []
    low, middle, high = (counted[(len(counted) - 1) * quarter // 4] for quarter in (1, 2, 3))
    each, unit = (CHARACTERS_PER_WORD, "characters") if mails[0].language in UNSPACED else (1, "words")
    half = f" (half of the mails {low * each} to {high * each})" if low < high else ""
    whole, sentence = f"about {middle * each} {unit}{half}", f"{sum(counted) * each / sentences:.0f} a sentence"
    return [f"Length between greeting and sign-off: {whole}, {sentence}"]


def _contractions(mails: Sequence[OwnMail]) -> list[str]:
    """Of English, where one can choose."""
    short, long = sum(m.habits.contracted for m in mails), sum(m.habits.written_out for m in mails)
    if short + long < ENOUGH:
        return []
    share = short / (short + long)
    word = "usual" if share > 0.7 else "rare" if share < 0.3 else "mixed"
    return [f"Contractions (“don't”): {word}"]


def _often(values: Sequence[bool]) -> str:
    count = sum(values)
    return f"in {count} of {len(values)}" if count else "never"
