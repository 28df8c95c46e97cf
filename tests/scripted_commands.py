"""The commands of the scripted server: each takes a session and its arguments, says its untagged lines, changes the
mailbox, and returns the text after OK (b"" for a plain one).

Owns what a command means. Refuses what a careful client has no use for, by raising Malformed: sequence numbers,
anything that marks a mail as read, CLOSE and EXPUNGE without UIDs (they are not in the table). A NO is a Refusal. The
mailbox's lock is held, except in the two commands that wait for the client.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from scripted_mailbox import Folder, Message, canonical, fetched, read_date_time, search, without
from scripted_wire import Malformed, Token, flag_list, flags, folder_name, quoted_folder, set_of, text

if TYPE_CHECKING:
    from scripted_session import Session

Arguments = tuple[Token, ...]


class Refusal(Exception):
    """A tagged NO; ``str()`` is its text."""


def capability(session: Session, arguments: Arguments) -> bytes:
    session.say(b"* CAPABILITY " + " ".join(session.server.capabilities).encode())
    return b""


def login(session: Session, arguments: Arguments) -> bytes:
    user, password = map(text, arguments)
    return _let_in(session, user, password)


def authenticate(session: Session, arguments: Arguments) -> bytes:
    mechanism = text(arguments[0]).upper() if arguments else ""
    if mechanism not in ("PLAIN", "XOAUTH2"):
        raise Malformed("only AUTHENTICATE PLAIN and XOAUTH2 are expected")
    response = base64.b64decode(text(arguments[1]) if len(arguments) > 1 else session.ask(b"")).decode()
    if mechanism == "PLAIN":
        _, user, password = response.split("\0")
    else:
        user, password = re.fullmatch("user=(.*)\1auth=Bearer (.*)\1\1", response).groups()
    return _let_in(session, user, password)


def _let_in(session: Session, user: str, password: str) -> bytes:
    if password != session.server.password:
        raise Refusal("[AUTHENTICATIONFAILED] Authentication failed.")
    session.user = user
    return b"Logged in"


def identify(session: Session, arguments: Arguments) -> bytes:
    session.say(b"* ID NIL")
    return b""


def enable(session: Session, arguments: Arguments) -> bytes:
    """Does not say what it enabled, as iCloud (jstedfast/MailKit#1871)."""
    if session.folder_name or "ENABLE" not in session.server.capabilities:
        raise Malformed("ENABLE is for servers that offer it, before a folder is open (RFC 5161, 3.1)")
    return b""


def noop(session: Session, arguments: Arguments) -> bytes:
    return b""


def logout(session: Session, arguments: Arguments) -> bytes:
    session.say(b"* BYE logging out")
    return b""


def list_folders(session: Session, arguments: Arguments) -> bytes:
    reference, pattern = arguments
    shape = re.escape(text(reference) + folder_name(pattern)).replace(r"\*", ".*").replace("%", "[^/]*")
    for name in session.mailbox.folders:
        if re.fullmatch(shape, name):
            use = session.mailbox.special_use.get(name)
            attributes = rf"\HasNoChildren {use}" if use else r"\HasNoChildren"
            session.say(b'* LIST (%s) "/" %s' % (attributes.encode(), quoted_folder(name)))
    return b""


def create(session: Session, arguments: Arguments) -> bytes:
    (name,) = map(folder_name, arguments)
    if name in session.mailbox.folders:
        raise Refusal("[ALREADYEXISTS] Mailbox already exists")
    session.mailbox.create(name)
    return b""


def subscribe(session: Session, arguments: Arguments) -> bytes:
    (name,) = map(folder_name, arguments)
    session.mailbox.subscribed.add(name)
    return b""


def select(session: Session, arguments: Arguments) -> bytes:
    _open(session, arguments, readonly=False)
    return b"[READ-WRITE] opened"


def examine(session: Session, arguments: Arguments) -> bytes:
    _open(session, arguments, readonly=True)
    return b"[READ-ONLY] opened"


def _open(session: Session, arguments: Arguments, *, readonly: bool) -> None:
    (name,) = map(folder_name, arguments)
    session.unselect()
    session.shut = True
    folder = _find(session, name)
    if name in session.mailbox.closed:
        raise Refusal(session.mailbox.closed[name])
    session.shut = False
    session.select(name, folder, readonly=readonly)
    permanent = () if readonly else session.server.permanent_flags
    known = {flag for message in folder.messages for flag in message.flags} | set(session.server.permanent_flags)
    session.say(b"* FLAGS " + flag_list(known - {r"\*"}))
    session.say(b"* OK [PERMANENTFLAGS %s] these may be set" % flag_list(permanent))
    session.say(b"* %d EXISTS" % len(folder.messages))
    session.say(b"* 0 RECENT")
    session.say(b"* OK [UIDVALIDITY %d] valid" % folder.uidvalidity)
    session.say(b"* OK [UIDNEXT %d] next" % folder.uidnext)


def unselect(session: Session, arguments: Arguments) -> bytes:
    session.unselect()
    return b""


def status(session: Session, arguments: Arguments) -> bytes:
    name, items = arguments
    folder = _find(session, folder_name(name))
    values = {
        "MESSAGES": len(folder.messages),
        "UIDNEXT": folder.uidnext,
        "UIDVALIDITY": folder.uidvalidity,
        "UNSEEN": sum(r"\Seen" not in message.flags for message in folder.messages),
        "RECENT": 0,
    }
    if "CONDSTORE" in session.server.capabilities:
        values["HIGHESTMODSEQ"] = session.mailbox.changes
    asked = [item.upper() for item in _texts(items)]
    if not set(asked) <= set(values):
        raise Malformed(f"STATUS of {asked} is not expected")
    row = " ".join(f"{item} {values[item]}" for item in asked).encode()
    session.say(b"* STATUS %s (%s)" % (quoted_folder(folder_name(name)), row))
    return b""


def append(session: Session, arguments: Arguments) -> bytes:
    name, *options, raw = arguments
    if not isinstance(raw, bytes) or len(options) > 2:
        raise Malformed("APPEND takes a folder, flags, a date and a literal")
    arrived = datetime.now(UTC).replace(microsecond=0)
    marks: frozenset[str] = frozenset()
    for option in options:
        if isinstance(option, tuple):
            marks = flags(option)
        else:
            arrived = read_date_time(text(option))
    folder = _find(session, folder_name(name), code="[TRYCREATE] ")
    if folder_name(name) in session.mailbox.refusing:
        raise Refusal(session.mailbox.refusing[folder_name(name)])
    message = folder.add(raw, _kept(session, marks), arrived)
    return b"[APPENDUID %d %d] stored" % (folder.uidvalidity, message.uid)


def uid_search(session: Session, arguments: Arguments) -> bytes:
    if session.shut:
        session.shut = False
        raise Refusal("no folder is open")
    if text(arguments[0]).upper() == "CHARSET":
        arguments = arguments[2:]
    found = search(session.folder, arguments)
    session.say(b" ".join([b"* SEARCH", *(b"%d" % uid for uid in found)]))
    return b""


def uid_fetch(session: Session, arguments: Arguments) -> bytes:
    uids, items = arguments
    if session.server.structure and _texts(items) == ["BODYSTRUCTURE"]:
        return _say_structure(session, session.folder.named(uids))
    messages = session.folder.named(uids)
    if any((session.folder_name, message.uid) in session.mailbox.damaged for message in messages):
        raise Refusal("The requested message could not be converted to an RFC-822 compatible format.")
    _say_fetch(session, messages, _texts(items))
    return b""


def uid_store(session: Session, arguments: Arguments) -> bytes:
    uids, item, marks = arguments
    found = re.fullmatch(r"([+-]?)FLAGS(\.SILENT)?", text(item).upper())
    if not found:
        raise Malformed(f"UID STORE {text(item)} is not expected")
    given = canonical(flags(marks))
    messages = _writable(session).named(uids)
    for message in messages:
        match found[1]:
            case "+":
                message.flags |= _kept(session, given)
            case "-":
                message.flags = without(message.flags, given)
            case _:
                message.flags = _kept(session, given)
        session.view[message.uid] = message.flags
    if not found[2]:
        _say_fetch(session, messages, ["FLAGS"])
    return b""


def uid_copy(session: Session, arguments: Arguments) -> bytes:
    return _copy(session, arguments)


def uid_move(session: Session, arguments: Arguments) -> bytes:
    folder = _writable(session)
    gone = [message.uid for message in folder.named(arguments[0])]
    session.say(b"* OK " + _copy(session, arguments))
    folder.remove(gone)
    return b""


def uid_expunge(session: Session, arguments: Arguments) -> bytes:
    (uids,) = arguments
    folder = _writable(session)
    folder.remove([message.uid for message in folder.named(uids) if r"\Deleted" in message.flags])
    return b""


def idle(session: Session, arguments: Arguments) -> bytes:
    line = session.wait_idling()
    if line.upper() != b"DONE":
        raise Malformed(f"{line!r} inside IDLE")
    return b""


def _find(session: Session, name: str, code: str = "[NONEXISTENT] ") -> Folder:
    folder = session.mailbox.folders.get(name)
    if folder is None:
        raise Refusal(f"{code}Mailbox doesn't exist: {name}")
    return folder


def _writable(session: Session) -> Folder:
    if session.readonly:
        raise Refusal("[NOPERM] Mailbox is read-only")
    return session.folder


def _kept(session: Session, given: frozenset[str]) -> frozenset[str]:
    """Without the keywords where the server keeps none, as Exchange does."""
    permanent = session.server.permanent_flags
    return given if r"\*" in permanent else given & frozenset(permanent)


def _copy(session: Session, arguments: Arguments) -> bytes:
    uids, name = arguments
    target = _find(session, folder_name(name), code="[TRYCREATE] ")
    messages = session.folder.named(uids)
    copies = [target.add(message.raw, message.flags, message.arrived).uid for message in messages]
    if not copies:
        return b"nothing to do"
    return b"[COPYUID %d %s %s] copied" % (target.uidvalidity, set_of(m.uid for m in messages), set_of(copies))


def _say_fetch(session: Session, messages: Iterable[Message], items: list[str]) -> None:
    numbers = {uid: number for number, uid in enumerate(session.view, start=1)}
    for message in messages:
        session.say(b"* %d FETCH (%s)" % (numbers[message.uid], fetched(message, items)))


def _say_structure(session: Session, messages: Iterable[Message]) -> bytes:
    """The list of parts as the script wants it."""
    answer = session.server.structure
    if not answer.startswith(b"("):
        raise Refusal(answer.decode())
    numbers = {uid: number for number, uid in enumerate(session.view, start=1)}
    for message in messages:
        session.say(b"* %d FETCH (UID %d BODYSTRUCTURE %s)" % (numbers[message.uid], message.uid, answer))
    return b""


def _texts(token: Token) -> list[str]:
    return [text(item) for item in (token if isinstance(token, tuple) else (token,))]


COMMANDS: dict[str, Callable[[Session, Arguments], bytes]] = {
    "CAPABILITY": capability,
    "LOGIN": login,
    "AUTHENTICATE": authenticate,
    "ID": identify,
    "ENABLE": enable,
    "NOOP": noop,
    "LOGOUT": logout,
    "LIST": list_folders,
    "CREATE": create,
    "SUBSCRIBE": subscribe,
    "SELECT": select,
    "EXAMINE": examine,
    "UNSELECT": unselect,
    "STATUS": status,
    "APPEND": append,
    "UID SEARCH": uid_search,
    "UID FETCH": uid_fetch,
    "UID STORE": uid_store,
    "UID COPY": uid_copy,
    "UID MOVE": uid_move,
    "UID EXPUNGE": uid_expunge,
    "IDLE": idle,
}
BEFORE_LOGIN = frozenset({"CAPABILITY", "LOGIN", "AUTHENTICATE", "ID", "NOOP", "LOGOUT"})
WAITING = frozenset({"AUTHENTICATE", "IDLE"})  # they read from the client while they run
