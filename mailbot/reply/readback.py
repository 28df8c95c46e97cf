"""A draft, read again: before APPEND, so that nothing is stored that was not meant; after it, so that what a server
changed is known. Pure.

The standard library splits the message (it is not the code that wrote it); values are read by hand, as strictly as they
were written. What cannot be read counts as different.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.header import decode_header
from email.message import Message

from mailbot.address.compare import usable
from mailbot.errors import Refused
from mailbot.mail.mail import Address
from mailbot.reply.draft import Draft

LINE = 998  # octets, RFC 5322, section 2.1.1

_CHANGED = "The mail server stored the draft with another {}: check it before you send it."
_COPIES_ADDED = "The mail server stored the draft with a Bcc: check it before you send it."
_TEXT = "text"

_FOLD = re.compile(r"\r?\n(?=[ \t])")
_PART = re.compile(r'"(?:[^"\\]|\\.)*+"?|[<>,]|[^"<>,]+')
_ESCAPE = re.compile(r"\\(.)")
_WORDS_APART = re.compile(r"(\?=)[ \t]+(?==\?)")
_WORD = re.compile(r"=\?[^?\s]{1,40}\?[bBqQ]\?[^?\s]*\?=")


@dataclass(frozen=True, slots=True)
class _Values:
    """What decides about a draft, under the names that a remark calls them by."""

    values: dict[str, object]
    names: tuple[str, ...]


def gate(draft: Draft) -> None:
    """Raises Refused, naming what differs, unless the bytes say exactly what the draft means."""
    wrong = [name for name, holds in _demands(draft) if not holds]
    if wrong:
        raise Refused(f"The finished draft does not say what was meant ({', '.join(wrong)}), so it was not stored.")


def differences(meant: bytes, stored: bytes) -> tuple[str, ...]:
    """What a draft as a server gave it back says otherwise than its bytes: sentences for the owner, () when nothing.
    Headers that a server adds for its own use are no difference; another recipient is."""
    before, after = _read(meant), _read(stored)
    changed = [_CHANGED.format(name) for name, value in before.values.items() if after.values[name] != value]
    return tuple(changed + ([_COPIES_ADDED] if "bcc" in after.names else []))


def _demands(draft: Draft) -> Iterator[tuple[str, bool]]:
    _, _, body = draft.raw.partition(b"\r\n\r\n")
    found = _read(draft.raw)
    meant = _meant(draft)
    yield "header names", found.names == _names(draft)
    for name in meant:
        yield name, found.values[name] == meant[name]
    yield "body", body == draft.text.replace("\n", "\r\n").encode()
    yield "line ends", not re.search(rb"[\r\n\0]", draft.raw.replace(b"\r\n", b""))
    yield "line length", all(len(line) <= LINE for line in draft.raw.split(b"\r\n"))
    yield "addresses", all(usable(a.email) for a in (draft.from_, *draft.to, *draft.cc))


def _names(draft: Draft) -> tuple[str, ...]:
    thread = ("in-reply-to", "references") if draft.references else ()
    to, cc = ("to",) if draft.to else (), ("cc",) if draft.cc else ()
    mime = ("mime-version", "content-type", "content-transfer-encoding")
    return ("from", *to, *cc, "subject", "date", "message-id", *thread, *mime)


def _meant(draft: Draft) -> dict[str, object]:
    return {
        "From": (draft.from_,),
        "To": draft.to,
        "Cc": draft.cc,
        "Subject": draft.subject,
        "Message-ID": draft.message_id,
        "In-Reply-To": draft.in_reply_to,
        "References": draft.references,
        _TEXT: draft.text.rstrip(),
    }


def _read(raw: bytes) -> _Values:
    message = message_from_bytes(raw)
    fields: dict[str, list[str]] = {}
    for name, value in message.raw_items():
        octets = str(value).encode("utf-8", "surrogateescape")
        fields.setdefault(name.lower(), []).append(_FOLD.sub("", octets.decode("utf-8", "replace")).strip(" \t\r\n"))
    values: dict[str, object] = {
        name: _addresses(",".join(fields.get(name.lower(), ()))) for name in ("From", "To", "Cc")
    }
    values["Subject"] = _decoded(" ".join(fields.get("subject", ())))
    values["Message-ID"] = " ".join(fields.get("message-id", ()))
    values["In-Reply-To"] = " ".join(fields.get("in-reply-to", ()))
    values["References"] = tuple(" ".join(fields.get("references", ())).split())
    values[_TEXT] = _text(message)
    return _Values(values, tuple(name.lower() for name, _ in message.raw_items()))


def _text(message: Message) -> str | None:
    """The first plain text, None when there is none that can be read."""
    part = next((p for p in message.walk() if p.get_content_type() == "text/plain" and not p.is_multipart()), None)
    octets = part.get_payload(decode=True) if part is not None else None
    if part is None or not isinstance(octets, bytes):
        return None
    try:
        text = octets.decode(part.get_content_charset("utf-8"))
    except (LookupError, UnicodeDecodeError):
        return None
    return text.replace("\r\n", "\n").rstrip()


def _addresses(value: str) -> tuple[Address, ...]:
    found: list[Address] = []
    outside, inside, in_angle, had_angle = "", "", False, False
    for part in (*_PART.findall(value), ","):
        if part == "," and not in_angle:
            if had_angle or outside.strip():
                name = _name(outside) if had_angle else ""
                found.append(Address(name, inside.strip() if had_angle else outside.strip()))
            outside, inside, had_angle = "", "", False
        elif part in "<>":
            in_angle = part == "<"
            had_angle = True
        elif in_angle:
            inside += part
        else:
            outside += part
    return tuple(found)


def _name(source: str) -> str:
    source = source.strip()
    if source.startswith('"') and source.endswith('"') and len(source) > 1:
        return _ESCAPE.sub(r"\1", source[1:-1])
    return _decoded(source)


def _decoded(value: str) -> str:
    """The value with its encoded words read. Blanks between two words are no part of it (RFC 2047, section 6.2)."""
    return _WORD.sub(lambda word: _word(word[0]), _WORDS_APART.sub(r"\1", value))


def _word(word: str) -> str:
    try:
        ((octets, charset),) = decode_header(word)
        return octets.decode(charset or "ascii") if isinstance(octets, bytes) else octets
    except (ValueError, LookupError):  # broken base64 is a ValueError, an unknown charset a LookupError
        return word
