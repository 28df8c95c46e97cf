"""pymap as the demo needs it: one user, the usual folders with special-use, keywords that stay.

Owns what is bent in pymap 0.36.7 (which the extra ``demo`` pins), by subclasses of its in-memory backend. Refuses to
know threads and what the mailbox is for. It imports pymap, which is optional: import this module late.
"""

from __future__ import annotations

import asyncio
from argparse import Namespace
from collections.abc import Iterable, Sequence
from datetime import datetime

from proxyprotocol.sock import SocketInfo
from pymap.backend.dict import DictBackend
from pymap.backend.dict.filter import FilterSet
from pymap.backend.dict.mailbox import MailboxData, MailboxSet
from pymap.imap import IMAPServer
from pymap.listtree import ListEntry, ListTree
from pymap.parsing.message import AppendMessage
from pymap.parsing.specials import ObjectId
from pymap.parsing.specials.flag import Flag, Wildcard
from pysasl.hashing import Cleartext

HOST = "127.0.0.1"
SPECIAL_USE = {"Drafts": b"Drafts", "Sent": b"Sent", "Archive": b"Archive", "Trash": b"Trash"}  # RFC 6154


class _Entry(ListEntry):
    """A row of LIST with its special-use, which pymap does not know."""

    @property
    def attributes(self) -> Sequence[bytes]:
        special = SPECIAL_USE.get(self.name)
        return [*super().attributes, *([special] if special else [])]


class _Tree(ListTree):
    def list(self) -> Iterable[ListEntry]:
        for entry in super().list():
            yield _Entry(entry.name, entry.exists, entry.marked, entry.has_children)


class _Folder(MailboxData):
    """A folder that keeps keywords: pymap says OK to them in a STORE, and drops them."""

    @property
    def permanent_flags(self) -> frozenset[Flag]:
        return super().permanent_flags | {Wildcard}


class _Folders(MailboxSet):
    def __init__(self) -> None:
        super().__init__()
        self._inbox = _Folder(self._content_cache, self._thread_cache)

    async def add_mailbox(self, name: str) -> ObjectId:
        async with self._set_lock.write_lock():
            if name in self._set:
                raise ValueError(name)
            self._set[name] = folder = _Folder(self._content_cache, self._thread_cache)
        return folder.mailbox_id

    async def list_mailboxes(self) -> ListTree:
        async with self._set_lock.read_lock():
            return _Tree(self.delimiter).update("INBOX", *self._set)


class Server:
    """Made by ``start``, inside a running loop; gone with ``stop``."""

    def __init__(self, listener: asyncio.Server, folders: _Folders) -> None:
        self._listener = listener
        self._folders = folders
        self.port: int = listener.sockets[0].getsockname()[1]

    async def append(self, folder: str, raw: bytes, flags: Iterable[str], arrived: datetime) -> int:
        """Delivers a mail, past the wire; returns its UID. Raises KeyError for an unknown folder."""
        target = await self._folders.get_mailbox(folder)
        marks = frozenset(Flag(flag.encode("ascii")) for flag in flags)
        return (await target.append(AppendMessage(raw, arrived, marks), recent=True)).uid

    def stop(self) -> None:
        """Takes no more connections; those that are open end with the loop."""
        self._listener.close()


async def start(user: str, password: str) -> Server:
    """An IMAP server on a free port of ``HOST``, without TLS, for this one user."""
    arguments = Namespace(
        host=HOST,
        port=0,
        debug=False,
        tls=False,
        cert=None,
        key=None,
        proxy_protocol=None,
        inherited_sockets=None,
        passlib_cfg=None,
        demo_data=False,
        demo_user=user,
        demo_password=password,
    )
    # The password lives as long as the demo: its usual hash would cost half a second at each login.
    backend, config = await DictBackend.init(arguments, hash_context=Cleartext())
    config.apply_context()
    folders = _Folders()
    for name in SPECIAL_USE:
        await folders.add_mailbox(name)
        await folders.set_subscribed(name, True)
    config.set_cache[user] = (folders, FilterSet())
    converse = IMAPServer(backend.login, config)

    async def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # pymap's own way leaves the connection in a task that nobody holds, and since Python 3.13 the garbage collector
        # takes it away while the client idles. This one runs in asyncio's task, which lasts as long as the line.
        await converse(reader, writer, SocketInfo.get(writer, None))

    return Server(await asyncio.start_server(connect, HOST, 0), folders)
