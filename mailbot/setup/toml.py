"""Answers into the text of a config file. What a person wrote there, comments and order among it, stays as it is.

tomlkit is imported when a file is written: no other command needs it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from mailbot.errors import BadUsage
from mailbot.setup.server import Server

CONFIG = "the config"  # who named a server that is taken from it
NEW_FILE = """\
# The config of mailbot, written by "mailbot setup". It may be run again and keeps what you write here; after a change
# of your own run "mailbot check". Lines that begin with "#: " are optional; what stands there is what mailbot does
# without them. All keys are explained in config.example.toml of mailbot.
# No secret belongs in this file: run "mailbot secret set home.imap", or name a file or a command that has it.

[owner]
# As it stands in From.
name = ""
# Who writes, and how; the model reads it: "Product lead at Example Ltd. Direct, warm, short paragraphs."
about = ""
#: signature = ""                  # "" = none: most mail programs add their own
#: language = "en"                 # when the language of the mail cannot be told
#: timezone = ""                   # "" = that of this host; else a name such as "Europe/Berlin"

[archive]
# The pages; it may be an Obsidian vault, or a folder in one.
folder = "~/Mailbot"

[schedule]
#: every = 60                      # seconds between two looks
#: hold_above = 20                 # more new flags than this in 10 minutes wait for your release; 0 = no limit
#: daily_drafts = 200              # calls of the model in a day; then flags wait until tomorrow

[model]
# "" = outlines without any model.
name = ""

[notify]
#: by = "inbox"                    # inbox (a note in your own INBOX), smtp or off
#: digest = ""                     # "07:30" = each day then, in your zone: which drafts still wait in Drafts
"""
NEW_ACCOUNT = """
[[account]]
# Small letters, digits and hyphens.
name = ""
address = ""
#: aliases = []                    # your other addresses here: ["ada@example.com", "ada+*@example.org"]
#: flag = "\\\\Flagged"              # the star; or a keyword, when your star means something else
# [] = INBOX and the Archive folder; at Gmail, all starred mail.
folders = []
# "" = found by itself.
drafts = ""
sent = ""
trash = ""

[account.imap]
host = ""
port = 993
# tls, starttls, or none (only for a server on this machine).
security = "tls"
user = ""
# password, or xoauth2 with a client_id or a token_command.
auth = "password"
"""
# Where the secret of a mailbox comes from: at most one of them, and authority only beside client_id.
SOURCES = ("password_file", "password_command", "token_command", "client_id", "authority")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What was asked. ``owner`` and ``model`` are None where the file's own stay; ``imap`` and ``model`` have the keys
    of their tables. ``folders`` () = the usual ones; ``drafts`` and its like "" = found by itself."""

    account: str
    address: str
    imap: Mapping[str, str | int]
    folders: tuple[str, ...] = ()
    drafts: str = ""
    sent: str = ""
    trash: str = ""
    owner: Mapping[str, str] | None = None
    model: Mapping[str, str] | None = None


def written(text: str, answers: Answers) -> str:
    """The file ``text`` ("": there is none yet) with the answers in it. Raises BadUsage when it is not TOML."""
    text = text or NEW_FILE
    row = _account(_parsed(text), answers.account)
    if row is None and "account" in _parsed(text) and not _in_tables(text):
        raise BadUsage("account: the file has its accounts in one line; write them as [[account]] tables")
    text = _edited(text, lambda document: _fill_tables(document, answers))
    if row is not None:
        return _edited(text, lambda document: _fill_account(_account(document, answers.account), answers))
    block = _edited(NEW_ACCOUNT, lambda document: _fill_account(document["account"][0], answers))
    return text.rstrip("\n") + "\n" + block


def _edited(text: str, edit: Callable[[Any], None]) -> str:
    """The text after an edit; untouched when nothing differs, because tomlkit moves tables that stand between two
    accounts behind them."""
    import tomlkit

    document = _parsed(text)
    edit(document)
    return text if document.unwrap() == _parsed(text).unwrap() else tomlkit.dumps(document)


def _in_tables(text: str) -> bool:
    from tomlkit.items import AoT

    return isinstance(_parsed(text).get("account"), AoT)


def _fill_tables(document: Any, answers: Answers) -> None:
    import tomlkit

    for name, values in (("owner", answers.owner), ("model", answers.model)):
        if values is not None:
            if name not in document:
                document[name] = tomlkit.table()
            _set(document[name], values)


def _fill_account(row: Any, answers: Answers) -> None:
    import tomlkit

    names = {"name": answers.account, "address": answers.address}
    _set(row, {**names, "drafts": answers.drafts, "sent": answers.sent, "trash": answers.trash})
    if list(row.get("folders", ())) != list(answers.folders):
        row["folders"] = list(answers.folders)
    if "imap" not in row:
        row["imap"] = tomlkit.table()
    _set(row["imap"], {**dict.fromkeys(SOURCES, ""), **answers.imap})


def _parsed(text: str) -> Any:
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    try:
        return tomlkit.parse(text)
    except TOMLKitError as error:  # KeyAlreadyPresent is none of its ParseErrors
        raise BadUsage(f"the config is not TOML: {error}; correct that line") from None


def _set(table: Any, values: Mapping[str, str | int]) -> None:
    """Sets what differs. An empty value is not written where there is no such key: it is what mailbot does anyway."""
    for key, value in values.items():
        if table.get(key, "") != value:
            table[key] = value


def _account(document: Any, name: str) -> Any:
    rows = document.get("account", ())
    return next((row for row in rows if isinstance(row, dict) and row.get("name") == name), None)


def account(text: str, name: str) -> Mapping[str, Any]:
    """What the file has of an account; empty when it has none of this name."""
    row = _account(_parsed(text), name)
    return {} if row is None else dict(row.unwrap())


def table(text: str, name: str) -> Mapping[str, Any]:
    """One of the tables at the top of the file; empty when it is not there."""
    found = _parsed(text).unwrap().get(name)
    return found if isinstance(found, dict) else {}


def addresses(text: str) -> tuple[str, ...]:
    """Those of the accounts, in the order of the file."""
    rows = _parsed(text).unwrap().get("account", ())
    return tuple(str(row["address"]) for row in rows if isinstance(row, dict) and row.get("address"))


def server(text: str, address: str) -> Server | None:
    """The server of the first account with this address, as far as the file has one."""
    rows = [row for row in _parsed(text).unwrap().get("account", ()) if isinstance(row, dict)]
    imap: dict[str, Any] = next((row.get("imap", {}) for row in rows if row.get("address") == address), {})
    if not imap.get("host"):
        return None
    security = imap.get("security", "tls")
    port, user = imap.get("port", 993 if security == "tls" else 143), imap.get("user") or address
    return Server(imap["host"], port, security, user, imap.get("auth", "password"), CONFIG)


def account_name(text: str, user: str, host: str, address: str) -> str:
    """The account of the file for this mailbox, else a new short name that is free."""
    rows = [row for row in _parsed(text).get("account", ()) if isinstance(row, dict)]
    for row in rows:
        imap = row.get("imap", {})
        if (imap.get("user") or row.get("address"), str(imap.get("host", "")).lower()) == (user, host.lower()):
            return str(row.get("name", ""))
    taken = {row.get("name") for row in rows}
    word = "".join(c for c in address.rpartition("@")[2].partition(".")[0].lower() if c.isascii() and c.isalnum())
    names = ["home", word or "mail", *(f"{word or 'mail'}-{number}" for number in range(2, len(rows) + 3))]
    return next(name for name in names if name not in taken)
