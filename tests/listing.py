"""How a server lists the parts of a mail and hands one out: for the mailbox in memory and the scripted server.

Reads mails with the standard library, so that mailbot's own reader is held against another one."""

from __future__ import annotations

from email import message_from_bytes
from email.message import Message
from typing import Any


def listed(raw: bytes) -> tuple[Any, ...]:
    """BODYSTRUCTURE as imapclient gives it: lists in tuples, words as octets."""
    return _listed(message_from_bytes(raw))


def _listed(message: Message) -> tuple[Any, ...]:
    parameters = _pairs(message.get_params(failobj=[], unquote=True)[1:])
    disposition = None
    if word := message.get_content_disposition():
        details = message.get_params(failobj=[], header="content-disposition")[1:]
        disposition = (word.encode(), _pairs(details))
    if message.is_multipart() and message.get_content_maintype() == "multipart":
        parts = [_listed(part) for part in message.get_payload()]  # type: ignore[arg-type]
        return (parts, message.get_content_subtype().encode(), parameters, disposition, None, None)
    encoding = str(message.get("content-transfer-encoding", "7bit")).encode()
    content = _content(message)
    lines = content.count(b"\n") if message.get_content_maintype() == "text" else None
    kind = (message.get_content_maintype().encode(), message.get_content_subtype().encode())
    return (*kind, parameters, None, None, encoding, len(content), lines, None, disposition, None, None)


def _pairs(parameters: Any) -> tuple[bytes, ...] | None:
    flat = tuple(word.encode() for name, value in parameters for word in (name, _value(value)))
    return flat or None


def _value(value: Any) -> str:
    return value[2] if isinstance(value, tuple) else str(value)


def section(raw: bytes, name: str) -> bytes:
    """The octets of ``1.2`` or ``1.2.MIME``; b"" when there is no such part."""
    numbers = name.removesuffix(".MIME")
    message: Any = message_from_bytes(raw)
    for number in numbers.split("."):
        parts = message.get_payload() if message.get_content_maintype() == "multipart" else [message]
        if int(number) > len(parts):
            return b""
        message = parts[int(number) - 1]
    if name.endswith(".MIME"):
        return b"".join(f"{key}: {value}\r\n".encode("utf-8", "surrogateescape") for key, value in message.items())
    return _content(message)


def _content(message: Message) -> bytes:
    if message.is_multipart():
        return b"".join(part.as_bytes() for part in message.get_payload())  # type: ignore[union-attr]
    return str(message.get_payload()).encode("utf-8", "surrogateescape")


def written(value: Any) -> bytes:
    """The list as it goes over the wire (RFC 9051 9: body)."""
    if value is None:
        return b"NIL"
    if isinstance(value, int):
        return b"%d" % value
    if isinstance(value, bytes):
        return b'"%s"' % value.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
    if isinstance(value[0], list):
        return b"(" + b"".join(map(written, value[0])) + b" " + b" ".join(map(written, value[1:])) + b")"
    words = [each for place, each in enumerate(value) if not (place == 7 and each is None and len(value) == 12)]
    return b"(" + b" ".join(map(written, words)) + b")"
