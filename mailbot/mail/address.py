"""Address fields (RFC 5322 3.4, RFC 6532), read as tolerantly as can be done without guessing.

Owns the shape of addresses: groups, comments, quotes, a missing bracket, A-labels. Refuses to decide which address is
answered: where a field can be read in two ways, both readings come out, the second with the first as its *name*, as
in ``a@good.org <b@evil.org>``: mail clients disagree about such a field, and so the reply must not trust either.

One pass over the characters; encoded words are decoded after the structure is known, so that a decoded comma or
bracket can never become one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from mailbot.mail import characters, decoded
from mailbot.mail.mail import Address

MAX_ADDRESSES = 500  # of one field
_MAX_ANGLE = 1_000  # characters between brackets; RFC 5321 4.5.3.1.3 allows 254
_MAX_LOCAL = 256  # RFC 5321 allows 64, mailing lists use more
_MAX_DOMAIN = 255  # RFC 1035 2.3.4; also keeps the quadratic IDNA code of the standard library short

_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*+"', re.DOTALL)
_ANGLE = re.compile(r'<((?:"(?:[^"\\]|\\.)*+"|[^<>"])*+)>', re.DOTALL)
_COMMENT_MARK = re.compile(r"\\.|[()]", re.DOTALL)
# Outlook leaves commas in encoded words; such a word is one atom as long as no address can hide in it.
_ENCODED = re.compile(r'=\?[^?\s]{1,60}\?[bBqQ]\?[^?\s<>@"]{0,500}\?=')
_LOCAL_PLAIN = re.compile(r"[^\s\"(),:;<>@\[\]\\]+")
_DOMAIN = re.compile(r"[a-z0-9_](?:[a-z0-9_.-]{0,253}[a-z0-9_])?|\[[0-9a-z:.]{1,60}\]")


@dataclass(frozen=True, slots=True)
class Addresses:
    """What a field names, and what was wrong with it in words."""

    found: tuple[Address, ...]
    defects: tuple[str, ...]


@dataclass(slots=True)
class _Item:
    """One member of the list while it is read: the words outside brackets, what stood in brackets, the comment."""

    words: list[str] = field(default_factory=list)
    angles: list[str] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)


def read(name: str, values: Iterable[bytes]) -> Addresses:
    """The addresses of every field called ``name``, in order and each once."""
    found: dict[Address, None] = {}
    defects: dict[str, None] = {}
    for value in values:
        for item in _items(decoded.raw_text(value)):
            readings = _readings(item)
            if len(readings) > 1:
                defects[f"The {name} field can be read in more than one way."] = None
            if not readings and (item.angles or item.words):
                defects[f"An address in the {name} field could not be read."] = None
            found.update(dict.fromkeys(readings))
            if len(found) > MAX_ADDRESSES:
                defects[f"The {name} field names more than {MAX_ADDRESSES} addresses; the others were left out."] = None
                return Addresses(tuple(found)[:MAX_ADDRESSES], tuple(defects))
    return Addresses(tuple(found), tuple(defects))


def _items(source: str) -> Iterable[_Item]:
    """Splits at the commas and semicolons that stand outside quotes, comments and brackets."""
    item, word, at = _Item(), "", 0
    quotes_close, comments_close = True, True
    while at < len(source):
        char = source[at]
        atom = _QUOTED.match(source, at) if char == '"' and quotes_close else _ENCODED.match(source, at)
        if atom:
            word, at = word + atom[0], atom.end()
            continue
        quotes_close = quotes_close and char != '"'
        end = _comment_end(source, at) if char == "(" and comments_close else 0
        if end:
            item.comments.append(source[at + 1 : end - 1])
        comments_close = comments_close and (char != "(" or end > 0)
        at = end or at + 1
        ends = char in ",;" or _opens_group(char, word, item)
        if not ends and char not in ' \t\r\n<>"()':
            word += char
            continue
        if word:
            item.words.append(word)
        word = ""
        if char == "<":
            content, at = _angle(source, at - 1)
            item.angles.append(content)
        elif ends:
            if char != ":":
                yield item
            item = _Item()
    if word:
        item.words.append(word)
    yield item


def _opens_group(char: str, word: str, item: _Item) -> bool:
    """A colon ends the name of a group, but not inside ``user@[IPv6:::1]`` or after an address in brackets."""
    return char == ":" and "@" not in word and not item.angles


def _comment_end(source: str, at: int) -> int:
    """Where the comment that opens at ``at`` has closed; 0 when it never does. Comments nest (RFC 5322 3.2.2)."""
    depth = 0
    for found in _COMMENT_MARK.finditer(source, at):
        if found[0] in "()":
            depth += 1 if found[0] == "(" else -1
        if not depth:
            return found.end()
    return 0


def _angle(source: str, at: int) -> tuple[str, int]:
    """What stands in brackets, and where to go on; a bracket that is not closed ends with the list member."""
    closed = _ANGLE.match(source, at, at + _MAX_ANGLE)
    if closed and ("," not in closed[1] or closed[1].lstrip().startswith("@") or '"' in closed[1]):
        return closed[1], closed.end()
    end = at + 1
    while end < len(source) and source[end] not in ",;<>":
        end += 1
    return source[at + 1 : end], end


def _readings(item: _Item) -> tuple[Address, ...]:
    """The mailboxes that this member of the list may mean: none, one, or several that differ."""
    named, outside = [], []
    for word in _joined_at(item.words):
        email = spec(word) if "@" in word and not _QUOTED.fullmatch(word) else ""
        if email and (not item.angles or "." in email.rpartition("@")[2]):
            outside.append(Address("", email))
        else:
            named.append(word)
    name = _name(" ".join(named)) or _name(" ".join(item.comments))
    inside = [Address(name, email) for email in map(spec, item.angles) if email]
    if not item.angles and len(outside) == 1:
        outside = [Address(name, outside[0].email)]
    readings = outside + inside
    if not _differ(readings):
        return tuple(readings[-1:])
    first = readings[0]
    return (first, *(Address(first.email, other.email) for other in readings if not _same(other.email, first.email)))


def _differ(readings: list[Address]) -> bool:
    return any(not _same(reading.email, readings[0].email) for reading in readings)


def _same(one: str, other: str) -> bool:
    return one.casefold() == other.casefold()


def _joined_at(words: list[str]) -> list[str]:
    """``a @ b`` is obsolete and legal (RFC 5322 4.4): blanks around the @ go."""
    joined: list[str] = []
    for word in words:
        if joined and (word.startswith("@") or joined[-1].endswith("@")):
            joined[-1] += word
        else:
            joined.append(word)
    return joined


def _name(source: str) -> str:
    """A display name as a person reads it: quotes taken off, encoded words decoded, nothing invisible."""
    unquoted = _QUOTED.sub(lambda quoted: re.sub(r"\\(.)", r"\1", quoted[0][1:-1], flags=re.DOTALL), source)
    return " ".join(characters.line(decoded.words(unquoted)).split())


def spec(source: str) -> str:
    """The addr-spec in ``source`` with its domain as lower-case A-labels; "" when it is none."""
    source = characters.line(source).removeprefix("mailto:")
    if source.startswith("'") and source.endswith("'"):  # how some mailers quote
        source = source[1:-1]
    if source.startswith("@"):  # an obsolete route, RFC 5322 4.4
        source = source.rpartition(":")[2]
    local, at, domain = source.rpartition("@")
    if not local.strip().startswith('"'):
        local = "".join(local.split())
    local, domain = local.strip(), a_label("".join(domain.split()))
    right = _LOCAL_PLAIN.fullmatch(local) or (_QUOTED.fullmatch(local) and local.strip('" '))
    if not at or not right or not domain or len(local) > _MAX_LOCAL:
        return ""
    return f"{local}@{domain}"


def a_label(domain: str) -> str:
    """A domain as lower-case A-labels (RFC 5890), without the final dot; "" when it cannot be one."""
    domain = domain.rstrip(".").lower()
    if not domain.isascii() and len(domain) <= _MAX_DOMAIN:
        try:
            domain = domain.encode("idna").decode("ascii")
        except UnicodeError:
            return ""
    return domain if _DOMAIN.fullmatch(domain) and ".." not in domain else ""


def u_label(domain: str) -> str:
    """The domain with the letters that its A-labels stand for; labels that stand for none stay."""
    return ".".join(map(_letters, domain.split(".")))


def _letters(label: str) -> str:
    try:
        return characters.line(label.encode("ascii").decode("idna"))
    except UnicodeError:
        return label
