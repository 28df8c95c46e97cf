"""A draft as others read it: with the standard library's own parsers, none of which wrote it."""

from __future__ import annotations

import re
from email import message_from_string
from email.headerregistry import Address, HeaderRegistry
from email.message import Message
from email.utils import parsedate_to_datetime

_FOLD = re.compile(r"\r\n(?=[ \t])")


class ReadBack:
    """``names`` are the header fields in their order, in lower case; ``body`` has LF."""

    def __init__(self, raw: bytes) -> None:
        self.message: Message = message_from_string(raw.decode("utf-8"))
        self.names = tuple(name.lower() for name in self.message)
        self.body = str(self.message.get_payload()).replace("\r\n", "\n")
        self.subject = self._decoded("Subject")
        self.date = parsedate_to_datetime(self.field("Date"))
        self.message_id = self.field("Message-ID")
        self.in_reply_to = self.field("In-Reply-To")
        self.references = self.field("References").split()

    def field(self, name: str) -> str:
        """The value of a field as it stands there, unfolded; "" when there is none."""
        return _FOLD.sub("", str(self.message[name] or "")).strip()

    def addresses(self, name: str) -> list[str]:
        """As people write them: ``Ada <ada@example.org>``, or the address alone."""
        found = self._found(name)
        return [f"{a.display_name} <{a.addr_spec}>" if a.display_name else a.addr_spec for a in found]

    def specs(self, name: str) -> list[str]:
        """The addresses alone."""
        return [a.addr_spec for a in self._found(name)]

    def _found(self, name: str) -> tuple[Address, ...]:
        return HeaderRegistry()(name, self.field(name)).addresses if name in self.message else ()

    def _decoded(self, name: str) -> str:
        return str(HeaderRegistry()(name, self.field(name)))
