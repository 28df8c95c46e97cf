"""The original under a reply: the line that says who wrote it when, and its text with ``> ``. Pure.

babel is imported when the first line is made: commands that draft nothing do not pay for it.
"""

from __future__ import annotations

import re
from datetime import datetime, tzinfo

from mailbot.mail import characters
from mailbot.mail.mail import Mail
from mailbot.mail.quote import opening
from mailbot.mail.signature import MARK, has_postscript

MOST = 100_000  # octets of quoted text; beyond, a reply only grows a mailbox
CUT = "> [...]"
LONGEST_NAME = 200  # characters of a name in the attribution line
NOBODY = "?"
FALLBACK = "en"

# language: (pattern of the date for babel, the line, the line without a date). The hour is always the 24-hour clock.
_LINES = {
    "en": ("EEE, d MMMM y", "On {date} at {time}, {name} wrote:", "{name} wrote:"),
    "de": ("EEE, d. MMMM y", "Am {date} um {time} schrieb {name}:", "{name} schrieb:"),
    "fr": ("EEE d MMMM y", "Le {date} à {time}, {name} a écrit\u00a0:", "{name} a écrit\u00a0:"),
    "es": ("EEE, d 'de' MMMM 'de' y", "El {date} a las {time}, {name} escribió:", "{name} escribió:"),
    "it": ("EEE d MMMM y", "Il giorno {date} alle ore {time}, {name} ha scritto:", "{name} ha scritto:"),
    "nl": ("EEE d MMMM y", "Op {date} om {time} schreef {name}:", "{name} schreef:"),
    "pt": ("EEE, d 'de' MMMM 'de' y", "Em {date} às {time}, {name} escreveu:", "{name} escreveu:"),
    "pl": ("EEE, d MMMM y", "W dniu {date} o {time} {name} napisał(a):", "{name} napisał(a):"),
    "sv": ("EEE d MMMM y", "Den {date} kl. {time} skrev {name}:", "{name} skrev:"),
    "tr": ("d MMMM y EEE", "{name}, {date} {time} tarihinde şunu yazdı:", "{name} şunu yazdı:"),
    "ru": ("EEE, d MMMM y 'г'.", "{date} в {time}, {name} пишет:", "{name} пишет:"),
    "ja": ("y年M月d日(EEE)", "{date} {time}、{name}のメール:", "{name}のメール:"),
    "zh": ("y年M月d日EEE", "{name} 于{date} {time}写道：", "{name} 写道："),
}


def attribution(mail: Mail, language: str, zone: tzinfo) -> str:
    """The line above the original, in ``language`` (BCP 47; English when it is not known), its time in ``zone``."""
    known = re.split("[-_]", language.lower(), maxsplit=1)[0]
    known = known if known in _LINES else FALLBACK
    pattern, dated, undated = _LINES[known]
    author = mail.from_[0] if mail.from_ else None
    name = characters.line((author.name or author.email) if author else NOBODY)[:LONGEST_NAME].rstrip() or NOBODY
    if mail.date is None:
        return undated.format(name=name)
    from babel.dates import format_date

    local = _in_zone(mail.date, zone)
    date = format_date(local.date(), pattern, locale=known)
    return dated.format(date=date, time=f"{local:%H:%M}", name=name)


def quoted(text: str) -> str:
    """Every line behind a ``>``, without the signature; cut visibly beyond MOST. "" when there is nothing to quote."""
    lines = _without_signature(characters.body(text).split("\n"))
    whole = "\n".join(lines).strip("\n").rstrip()
    if not whole:
        return ""
    marked = "\n".join(_marked(line) for line in whole.split("\n"))
    octets = marked.encode()
    if len(octets) <= MOST:
        return marked
    kept = octets[:MOST].decode("utf-8", "ignore")
    return f"{kept}\n{CUT}"


def _marked(line: str) -> str:
    line = line.rstrip()
    if not line:
        return ">"
    return f">{line}" if line.startswith(">") else f"> {line}"


def _without_signature(lines: list[str]) -> list[str]:
    """The signature begins at ``-- `` and ends where words of others begin, or at the end. A mark with nothing above
    it is a webmail's whim: what follows is the mail. With a postscript below it stays."""
    text = next((at for at, line in enumerate(lines) if line.strip(" -")), 0)
    if MARK not in lines[text:]:
        return lines[text:]
    start = lines.index(MARK, text)
    end = start + opening(lines[start:])
    return lines[text:] if has_postscript(lines[start:end]) else lines[text:start] + lines[end:]


def _in_zone(moment: datetime, zone: tzinfo) -> datetime:
    try:
        return moment.astimezone(zone)
    except OverflowError:  # a day before year 1 or after 9999
        return moment
