"""What a person sees of a mail: which parts are its text, which are attachments, what kind of mail that makes it.

Owns the choice between plain text and HTML and the signs of encryption, report, invitation and TNEF. Refuses to know
headers other than those of MIME. Where the plain part says something else than the HTML, the HTML is what the sender
sees and means, so it wins.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from mailbot.mail import attached, characters, charset, decoded, flowed, part
from mailbot.mail.mail import Attachment, Kind
from mailbot.mail.part import Part
from mailbot.mail.sheet import Looks
from mailbot.mail.text import TOO_LONG, html_to_text

MAX_TEXT = 1024 * 1024  # decoded octets of all text parts together
MAX_HTML = MAX_TEXT // 2  # octets; newsletters have 100 kB
MAX_FILE = 16 * 1024  # decoded octets of one attached text
MAX_FILES = 4 * MAX_FILE  # of all of them
ATTACHED = "[attached mail:"  # how the text begins of a mail that says nothing itself
_CALENDAR = 64 * 1024  # decoded octets of a calendar that are searched for its method

_PGP = "-----BEGIN PGP MESSAGE-----"
_REQUEST = re.compile(r"^METHOD[ \t]*:[ \t]*REQUEST", re.IGNORECASE | re.MULTILINE)
_ADDRESS = re.compile(r"(?:https?://|www\.|mailto:|tel:|cid:)[^\s<>\"\])]*+")
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Body:
    """The text in LF lines, "" when there is none; every other part; what the parts make the mail."""

    text: str
    attachments: tuple[Attachment, ...]
    kind: Kind


@dataclass(slots=True)
class _Reading:
    """What the walk has come across so far."""

    defects: list[str]
    left: int = MAX_TEXT
    left_for_files: int = MAX_FILES
    looks: Looks = field(default_factory=Looks)
    cut: bool = False  # a text was not read to its end
    attached: list[Part] = field(default_factory=list)
    encrypted: bool = False


def read(root: Part, *, defects: list[str]) -> Body:
    """The body of the mail whose parts are ``root``. What went wrong is added to ``defects``."""
    reading = _Reading(defects)
    text = _shown(root, reading) if root.is_multipart or _is_text(root) else ""
    if not root.is_multipart and not _is_text(root):
        reading.attached.append(root)
    kind = _kind(root, text, reading)
    if not text.strip():
        text = _attached_mail(reading)
    attachments = tuple(_file(one, reading) for one in reading.attached)
    return Body(text.strip("\n"), attachments, kind)


def _is_text(one: Part) -> bool:
    return one.type in ("text/plain", "text/html")


def _is_attachment(one: Part) -> bool:
    """A text with a file name is a file, wherever it stands; a text part without one is part of the letter."""
    return not _is_text(one) or one.disposition == "attachment" or bool(one.disposition and one.name)


def _shown(one: Part, reading: _Reading) -> str:
    """The text of a part that is on show; what it brings along goes to the attachments."""
    if one.type == "multipart/alternative":
        return _alternative(one, reading)
    if one.is_multipart:
        return _together(one.children, reading)
    if _is_text(one):
        return _html(one, reading) if one.type == "text/html" else _plain(one, reading)
    reading.attached.append(one)
    return ""


def _together(children: Iterable[Part], reading: _Reading) -> str:
    """Parts that follow each other. A text that only says again what the one before it said is left out."""
    texts: list[str] = []
    before: set[str] | None = None
    for child in children:
        if not child.is_multipart and _is_attachment(child):
            reading.attached.append(child)
            continue
        text = _shown(child, reading).strip("\n")
        said = _words(text)
        if text.strip() and said != before:
            texts.append(text)
            before = said
    return "\n\n".join(texts)


def _alternative(one: Part, reading: _Reading) -> str:
    """The plain form, unless the HTML says something else (a stub, or bait): then the HTML, which people see."""
    forms: dict[bool, str] = {}
    for child in one.children:
        if not child.is_multipart and not _is_text(child):
            reading.attached.append(child)
            continue
        is_html = any(inner.type == "text/html" for inner in part.walk(child))
        text = _shown(child, reading)
        if text.strip():
            forms.setdefault(is_html, text)
    plain, html = forms.get(False, ""), forms.get(True, "")
    if not plain or (_words(html) and _differ(plain, html, reading)):
        return html or plain
    return plain


def _differ(plain: str, html: str, reading: _Reading) -> bool:
    """Whether the HTML says something else. Of one that was cut only the beginning can be compared, and its last word
    may be half of one."""
    if reading.cut:
        return len(_words(html) - _words(plain)) > 1
    return _words(plain) != _words(html)


def _words(text: str) -> set[str]:
    """What a text says, for comparing two forms of it: targets of links are not words."""
    return set(_WORD.findall(_ADDRESS.sub(" ", text).casefold()))


def _decoded(one: Part, most: int, reading: _Reading) -> str:
    raw, cut = part.content(one, min(most, reading.left))
    reading.left -= len(raw)
    if cut:
        reading.cut = True
        _note(reading, "The text is very long; only its beginning was read.")
    if not part.is_understood(one):
        _note(reading, "A part has a transfer encoding that nobody knows.")
    text, defect = charset.decode(raw, one.parameters.get("charset", ""), cut=cut)
    _note(reading, defect)
    reading.encrypted = reading.encrypted or _PGP in text
    return text


def _note(reading: _Reading, defect: str) -> None:
    if defect and defect not in reading.defects:
        reading.defects.append(defect)


def _plain(one: Part, reading: _Reading) -> str:
    text = characters.body(_decoded(one, MAX_TEXT, reading))
    if one.parameters.get("format", "").lower() == "flowed":
        return flowed.unflow(text, delsp=one.parameters.get("delsp", "").lower() == "yes")
    return text


def _html(one: Part, reading: _Reading) -> str:
    """HTML takes more time than plain text: its octets count twice, so MAX_HTML holds for all HTML parts together."""
    before = reading.left
    source = _decoded(one, min(MAX_HTML, before // 2), reading)
    spent = before - reading.left
    reading.left -= spent
    found: list[str] = []
    text = html_to_text(source, found, reading.looks)
    reading.cut = reading.cut or TOO_LONG in found
    for defect in found:
        _note(reading, defect)
    return text


def _file(one: Part, reading: _Reading) -> Attachment:
    """Every file by name, type and size; a text with what it says, as far as there is room."""
    file = Attachment(one.name, one.type, part.size(one))
    if not attached.is_text(one.type, one.name):
        return file
    raw, cut = part.content(one, min(MAX_FILE, reading.left_for_files))
    reading.left_for_files -= len(raw)
    text, _ = charset.decode(raw, one.parameters.get("charset", ""), cut=cut)
    return replace(file, text=characters.body(text).strip("\n"), cut=cut)


def _attached_mail(reading: _Reading) -> str:
    """The text of the first attached mail, marked, for a mail that says nothing itself."""
    for one in reading.attached:
        if one.type in ("message/rfc822", "message/global"):
            raw, _ = part.content(one, MAX_TEXT)
            head, start = part.open_block(raw, 0, len(raw))
            inner = _Reading(reading.defects)
            text = _shown(part.read(raw, head, start, defects=reading.defects), inner).strip("\n")
            from_, subject = (decoded.text(head.first(name)) for name in ("from", "subject"))
            return f"{ATTACHED} {subject}, from {from_}]\n\n{text}"
    return ""


def _kind(root: Part, text: str, reading: _Reading) -> Kind:
    parts = tuple(part.walk(root))
    if reading.encrypted or any(map(_is_encrypted, parts)):
        return Kind.ENCRYPTED
    if any(one.type == "multipart/report" for one in parts):
        return Kind.REPORT
    if any(map(_is_request, parts)):
        return Kind.INVITATION
    if not text.strip() and any(map(_is_tnef, parts)):
        return Kind.TNEF
    return Kind.ORDINARY


def _is_encrypted(one: Part) -> bool:
    """PGP/MIME (RFC 3156), S/MIME that hides its content: enveloped, compressed or opaque signed (RFC 8551 3.2)."""
    if one.type in ("multipart/encrypted", "application/pgp-encrypted"):
        return True
    if one.type in ("application/pkcs7-mime", "application/x-pkcs7-mime"):
        return one.parameters.get("smime-type", "").lower() != "certs-only"
    return one.type == "application/octet-stream" and one.name.lower() == "smime.p7m"


def _is_request(one: Part) -> bool:
    if one.type != "text/calendar":
        return False
    method = one.parameters.get("method", "").upper()
    return method == "REQUEST" or (not method and bool(_REQUEST.search(_calendar(one))))


def _calendar(one: Part) -> str:
    return characters.body(charset.decode(part.content(one, _CALENDAR)[0], "utf-8")[0])


def _is_tnef(one: Part) -> bool:
    return one.type in ("application/ms-tnef", "application/vnd.ms-tnef") or one.name.lower() == "winmail.dat"
