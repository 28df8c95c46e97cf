"""Links and e-mail addresses, as mail programs make them clickable, and as people spell them to get past filters.

A link is compared by host (in A-labels) and path; scheme, ``www.``, fragment and tracking parameters say nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mailbot.address.compare import fold
from mailbot.mail.address import a_label
from mailbot.mention.mention import Kind, Mention, same

LONGEST = 2000  # characters of a link
_END = rf"[^\s<>\"“”«»]{{1,{LONGEST}}}+"

_ADDRESS = re.compile(r"(?<![\w.+-])[\w.!#$%&'*+/=?^`{|}~-]{1,64}+@[\w-]{1,63}+(?:\.[\w-]{1,63}+)++")
_LINK = re.compile(
    rf"(?<!\w)(?:[a-z][a-z0-9+.-]{{1,20}}+ ?: ?/ ?/ ?{_END}"  # https://..., hxxp://..., also with blanks
    rf"|(?:javascript|vbscript|cid|mailto|magnet|bitcoin|ethereum|intent|file|data):{_END}"
    rf"|\\\\[\w.-]{{1,200}}+\\{_END})",  # a share of Windows
    re.IGNORECASE,
)
_DOMAIN = re.compile(rf"(?<![\w@.-])((?:[\w-]{{1,63}}+\.(?=\w))++(?:xn--)?[^\W_]{{2,40}}+)(?!\w)(:\d+)?([/?#]{_END})?")
# "evil[.]example", "evil dot com", "evil . com"
_DISGUISED = re.compile(
    r"(?<![\w@.-])[a-z0-9-]{1,63}+(?:(?: ?(?:[\[({](?:\.|dot)[\])}]|。) ?[a-z0-9-]{2,63}){1,5}"
    r"|(?: dot [a-z0-9-]{1,63}){0,3} dot (?:com|net|org|info|biz|io|app|dev|xyz|top|site|online|shop|example)\b"
    r"|(?: \. ?|\. )(?:com|net|org)\b)",
    re.IGNORECASE,
)
_DOTS = re.compile(r" ?(?:[\[({](?:\.|dot)[\])}]|。| dot | \. ?|\. ) ?", re.IGNORECASE)

# Ends of file names, of which no registry makes domains.
_FILE = re.compile(
    r"pdf|docx?|xlsx?|pptx?|od[tsp]|[ct]sv|txt|rtf|log|png|jpe?g|gif|svg|webp|heic|mp[34]|wav|avi|t?gz|tar|rar|exe|dll"
    r"|bat|iso|html?|xml|json|ya?ml|toml|ini|css|jsx?|tsx?|java|[ch]pp|sql|eml|ics|vcf",
    re.IGNORECASE,
)
# Registries that make a domain of what may as well be a full stop without a blank, or a numbered line.
_SURE = re.compile(
    r"com|net|org|info|biz|io|co|app|dev|xyz|top|site|online|shop|store|link|click|example|test", re.IGNORECASE
)
# Registries of countries. Written "De" or "It" they may begin a sentence.
_COUNTRY = re.compile(
    r"a[cdefgilmoqrstuwxz]|b[abdefghijmnorstwyz]|c[acdfghiklmnoruvwxyz]|d[ejkmoz]|e[ceghrstu]|f[ijkmor]|g[abdefghilmnpqrstuwy]"
    r"|h[kmnrtu]|i[delmnoqrst]|j[emop]|k[eghimnprwyz]|l[abcikrstuvy]|m[acdeghklmnopqrstuvwxyz]|n[acefgilopruz]|om"
    r"|p[aefghklmnrstwy]|qa|r[eosuw]|s[abcdeghijklmnorstuvxyz]|t[cdfghjklmnortvwz]|u[agksyz]|v[aceginu]|w[fs]|y[et]|z[amw]",
    re.IGNORECASE,
)
_TRACKING = re.compile(r"(?:utm_\w{1,40}|fbclid|gclid|msclkid|mc_[ce]id|igshid)=[^&]*&?", re.IGNORECASE)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*+ ?: ?(?:/ ?/ ?)?", re.IGNORECASE)
_HOST = re.compile(r"[^/?#\\]*")


def addresses(text: str) -> Iterator[Mention]:
    for found in _ADDRESS.finditer(text):
        yield same(Kind.ADDRESS, text, found.start(), found.end(), frozenset({fold(found.group())}))


def links(text: str) -> Iterator[Mention]:
    for found in _LINK.finditer(text):
        yield _mention(text, found.start(), _trimmed(found.group()))
    for found in _DOMAIN.finditer(text):
        domain = _domain(found[1])
        words = found.group() if found[3] and (domain or not _is_numbered(found[1])) else domain
        if words:
            yield _mention(text, found.start(), _trimmed(words))
    for found in _DISGUISED.finditer(text):
        keys = frozenset({host(_DOTS.sub(".", found.group()))})
        yield same(Kind.LINK, text, found.start(), found.end(), keys)


def host(link: str) -> str:
    """The host of a link in A-labels, as far as it can be one."""
    authority = _HOST.match(_bare(link))
    name = (authority.group() if authority else "").rpartition("@")[2]  # what stands before the @ is there to deceive
    name = name.rpartition(":")[0] if name.rpartition(":")[2].isdigit() else name
    return (a_label(name) or name.lower()).removeprefix("www.")


def _mention(text: str, start: int, words: str) -> Mention:
    rest = _HOST.sub("", _bare(words), count=1).partition("#")[0]
    path, _, query = rest.partition("?")
    query = _TRACKING.sub("", query).strip("&")
    key = host(words) + path.rstrip("/") + (f"?{query}" if query else "")
    return same(Kind.LINK, text, start, start + len(words), frozenset({key}))


def _bare(link: str) -> str:
    """Without the scheme; a port is none."""
    scheme = _SCHEME.match(link)
    is_port = scheme is not None and "/" not in scheme.group() and link[scheme.end() :][:1].isdigit()
    return link[scheme.end() :].lstrip("/\\") if scheme and not is_port else link.lstrip("/\\")


def _trimmed(words: str) -> str:
    """Without the punctuation of the sentence around it; a bracket stays when it was opened inside."""
    end = len(words)
    unopened = {close: words.count(close) - words.count(opens) for close, opens in (")(", "][", "}{")}
    while end and (words[end - 1] in ".,;:!?'*_|" or unopened.get(words[end - 1], 0) > 0):
        unopened[words[end - 1]] = unopened.get(words[end - 1], 0) - 1
        end -= 1
    return words[:end]


def _domain(words: str) -> str:
    """The longest beginning of dotted words that a mail program takes for a domain, "" where none is."""
    labels = words.split(".")
    end, numbered = 0, _is_number(labels[0])
    for count, last in enumerate(labels[1:], 2):
        known = _SURE.fullmatch(last) and (last.islower() or len(last) > 2)
        cased = (
            last.islower() or last.isupper() or last.startswith("xn--") or _is_country(last, labels[count - 2], count)
        )
        if known or (cased and len(last) > 1 and not numbered and not _FILE.fullmatch(last)):
            end = count
        numbered = numbered and _is_number(last)
    return ".".join(labels[:end])


def _is_country(last: str, before: str, count: int) -> bool:
    """Whether "De" in "Evil.De" or "mail.evil.De" is Germany; in "the end.De ..." a sentence begins."""
    return bool(_COUNTRY.fullmatch(last)) and (before[:1].isupper() or count > 2)


def _is_numbered(words: str) -> bool:
    """ "3.kapitel" or "p.ex": nothing but numbers or single letters before the last dot."""
    return all(map(_is_number, words.split(".")[:-1]))


def _is_number(label: str) -> bool:
    return label.isdigit() or len(label) == 1
