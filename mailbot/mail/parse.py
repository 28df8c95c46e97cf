"""A mail, read: raw octets in, one ``Mail`` out, whatever the octets are.

Owns which header means what. Refuses to raise: what is broken is cut or left out, and said in ``defects``. Every step
is linear and capped, so that no mail of a stranger can stop the service; the caps stand in ``header``, ``part``,
``address`` and ``body``.
"""

from __future__ import annotations

from urllib.parse import unquote

from mailbot.mail import address, body, date, decoded, header, ids, part
from mailbot.mail.header import Header
from mailbot.mail.key import mail_key
from mailbot.mail.mail import Address, Mail

MAX_DEFECTS = 20  # sentences; more tell a person nothing
_ONCE = ("from", "sender", "reply-to", "to", "cc", "subject", "date", "message-id", "in-reply-to", "references")
_PEOPLE = ("Reply-To", "To", "Cc", "Mail-Followup-To")
_BULK = ("bulk", "list", "junk")


def parse(raw: bytes, *, truncated: bool = False, reduced: bool = False) -> Mail:
    """Reads a mail as it came from the server. ``truncated``: only its beginning was fetched; ``reduced``: it was put
    together from parts (see ``mail.reduced``). Never raises."""
    head, start = part.open_block(raw, 0, len(raw))
    defects = [*head.defects, *_doubled(head)]
    content = body.read(part.read(raw, head, start, defects=defects, reduced=reduced), defects=defects)
    when = date.read(decoded.text(head.first("date")))
    if head.has("date") and when is None:
        defects.append("The date could not be read.")
    authors = _authors(head, defects)
    people = {name: _addresses(head, name, defects) for name in _PEOPLE}
    return Mail(
        key=mail_key(raw[: header.split(raw, 0, len(raw))[0]]),
        message_id=ids.own(head.first("message-id")),
        in_reply_to=_ids(head, "in-reply-to"),
        references=_ids(head, "references"),
        from_=authors,
        reply_to=people["Reply-To"],
        to=people["To"],
        cc=people["Cc"],
        mail_followup_to=people["Mail-Followup-To"],
        delivered=_delivered(head),
        subject=decoded.text(head.first("subject")),
        date=when,
        text=content.text,
        attachments=content.attachments,
        kind=content.kind,
        list_post=_list_post(head, people["To"] + people["Cc"]),
        bulk=_is_bulk(head),
        automatic=_is_automatic(head),
        defects=tuple(dict.fromkeys(defects))[:MAX_DEFECTS],
        truncated=truncated,
    )


def _doubled(head: Header) -> list[str]:
    """RFC 5322 3.6: these fields may stand once only."""
    return [f"The field {name} is there more than once." for name in _ONCE if len(head.all(name)) > 1]


def _authors(head: Header, defects: list[str]) -> tuple[Address, ...]:
    """Programs show one of two From fields or the other, so they are two readings (see ``address``)."""
    fields = [address.read("From", [value]) for value in head.all("from")]
    defects.extend(defect for field in fields for defect in field.defects)
    first, *others = [field.found for field in fields if field.found] or [()]
    known = {one.email.casefold() for one in first}
    return first + tuple(
        Address(first[0].email, one.email) for found in others for one in found if one.email.casefold() not in known
    )


def _addresses(head: Header, name: str, defects: list[str]) -> tuple[Address, ...]:
    result = address.read(name, head.all(name.lower()))
    defects.extend(result.defects)
    return result.found


def _ids(head: Header, name: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one for value in head.all(name) for one in ids.all_of(value)))


def _delivered(head: Header) -> tuple[str, ...]:
    """The delivery trace. Each server puts its Delivered-To on top, so the lowest is the first delivery, before any
    forwarding; X-Original-To (Postfix) and Envelope-To (Exim) say what the envelope said."""
    values = [*head.all("x-original-to"), *head.all("envelope-to"), *reversed(head.all("delivered-to"))]
    found = (one.email for value in values for one in address.read("Delivered-To", [value]).found)
    return tuple(dict.fromkeys(found))


def _list_post(head: Header, recipients: tuple[Address, ...]) -> str:
    """The address in List-Post (RFC 2369 3.4), "" also for ``NO``. Some lists state none; List-Id (RFC 2919) is mostly
    the address with a dot for the @."""
    _, mailto, target = decoded.text(head.first("list-post")).partition("<mailto:")
    if mailto:
        return address.spec(unquote(target.partition(">")[0].partition("?")[0]))
    name = decoded.text(head.first("list-id")).rpartition("<")[2].rstrip(">").lower()
    return next((one.email for one in recipients if one.email.lower().replace("@", ".") == name), "")


def _is_bulk(head: Header) -> bool:
    precedence = decoded.text(head.first("precedence")).lower()
    return precedence in _BULK or head.has("list-id") or head.has("list-unsubscribe")


def _is_automatic(head: Header) -> bool:
    """RFC 3834 5 for Auto-Submitted; an empty Return-Path is how servers mark bounces (RFC 5321 4.5.5)."""
    submitted, _ = decoded.parameters(head.first("auto-submitted"))
    is_bounce = head.has("return-path") and "".join(decoded.text(head.first("return-path")).split()) == "<>"
    return is_bounce or (bool(submitted) and submitted.split()[0] != "no")
