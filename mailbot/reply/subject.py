"""The subject of a reply. Pure. Gmail threads by subject, so what is not a reply prefix stays as it is."""

from __future__ import annotations

import re

# What mail clients put before the subject of a reply. Forwarding prefixes are left: they say something about the mail.
_WORDS = (
    *("re", "aw", "antwort", "sv", "svar", "vs", "antw", "antwoord"),  # most, German, Scandinavian, Finnish, Dutch
    *("r", "rif", "rép", "res", "odp", "odg", "ynt", "vá"),  # Italian, French, Portuguese, Slavic, Turkish, Hungarian
    *("bls", "atb", "απ", "ответ", "отв", "השב", "رد"),  # Indonesian, Welsh, Greek, Russian, Hebrew, Arabic
    *("回复", "回覆", "答复", "答覆", "返信", "회신", "답장"),  # Chinese, Japanese, Korean
)
_PREFIX = re.compile(
    rf"\s*(?:{'|'.join(sorted(_WORDS, key=len, reverse=True))})"
    r"(?:\s?(?:\[\d{1,5}\]|\(\d{1,5}\)|\^\d{1,5}))?\s{0,5}[:：]\s*",
    re.IGNORECASE,
)


def reply_subject(subject: str) -> str:
    """``Re: `` once, before the subject without the reply prefixes at its front. No subject gives ``Re:``."""
    start = 0
    while match := _PREFIX.match(subject, start):
        start = match.end()
    rest = subject[start:].strip()
    return f"Re: {rest}" if rest else "Re:"
