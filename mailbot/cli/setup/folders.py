"""Drafts, Sent and Trash, and which folders are watched."""

from __future__ import annotations

from dataclasses import replace

from mailbot.check.mailbox import unwatched
from mailbot.cli.say import say
from mailbot.cli.setup.login import Entry
from mailbot.cli.setup.talk import Talk, ask, some
from mailbot.config import Account
from mailbot.errors import OwnerMustAct
from mailbot.imap.folders import Roles, roles
from mailbot.setup.folders import likely, usable
from mailbot.setup.toml import Answers


def chosen(talk: Talk, entry: Entry) -> Answers:
    """The answers with the folders that the server does not mark itself. Raises OwnerMustAct when nobody can be asked
    and there is no Drafts folder, or a folder that was named is not there."""
    names = usable(entry.folders)
    account, found = _with_drafts(talk, entry, names)
    if talk.asks:
        for role, there in (("sent", found.sent), ("trash", found.trash)):
            if not there:
                say(f"The server marks no folder as its {role} folder.")
                question = f"Which one is it, of {some(names)}"
                answer = talk.pick(question, names, likely(role, names), needed=False)
                account = account.model_copy(update={role: answer})
        found = roles(account, entry.folders, gmail=entry.gmail, used_drafts="")
    say(f"Drafts go to {found.drafts}. Sent: {found.sent or 'none'}. Trash: {found.trash or 'none'}.")
    if found.missing and not talk.asks:
        raise OwnerMustAct("folders", f"The server has no folder {some(found.missing)}", f"It has: {some(names)}")
    folders = _watched(account, entry, found) if talk.asks and not talk.given["folder"] else account.folders
    found = roles(account.model_copy(update={"folders": folders}), entry.folders, gmail=entry.gmail, used_drafts="")
    say(f"Watched for flags: {some(found.watched)}. Not watched: {some(unwatched(entry.folders, found))}.")
    return replace(entry.answers, drafts=account.drafts, sent=account.sent, trash=account.trash, folders=folders)


def _with_drafts(talk: Talk, entry: Entry, names: tuple[str, ...]) -> tuple[Account, Roles]:
    account = entry.account
    try:
        return account, roles(account, entry.folders, gmail=entry.gmail, used_drafts="")
    except OwnerMustAct as error:
        if not talk.asks:
            raise OwnerMustAct("drafts", error.reason, f"Give --drafts, one of: {some(names)}") from None
        say(f"In {error.reason}.")
    answer = talk.pick(f"Which folder holds drafts ({some(names)})", names, likely("drafts", names), needed=True)
    account = account.model_copy(update={"drafts": answer})
    return account, roles(account, entry.folders, gmail=entry.gmail, used_drafts="")


def _watched(account: Account, entry: Entry, found: Roles) -> tuple[str, ...]:
    """The folders to watch as the config should have them: () as long as they are the usual ones."""
    names = usable(entry.folders)
    usual = ", ".join(found.watched)
    while True:
        answer = ask("Folders to watch, with commas between them", usual)
        if answer == usual and not found.missing:
            return account.folders
        folders = tuple(filter(None, (name.strip() for name in answer.split(","))))
        if folders and not (wrong := [name for name in folders if name not in names]):
            return folders
        say(f"  Not there: {some(wrong) if folders else 'nothing was named'}. There are: {some(names)}")
