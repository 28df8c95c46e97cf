"""Puts the parts together: from a config to the world of each account. The only module that knows every edge; it
imports each when it is first asked for, since most commands need the journal only."""

from __future__ import annotations

import random
import secrets as random_words
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING

from mailbot import lock
from mailbot.errors import MailbotError
from mailbot.journal import Damaged, Journal, put_aside
from mailbot.world import World, log

if TYPE_CHECKING:
    from ssl import SSLContext

    from mailbot.archive.store import Store
    from mailbot.config import Account, Config
    from mailbot.imap.session import Session
    from mailbot.index import Index
    from mailbot.model import Endpoint
    from mailbot.oauth import SignIn
    from mailbot.prompt.template import Templates
    from mailbot.secrets import Secrets


@dataclass
class Home:
    """What all accounts share. ``insist``: try a password again that was refused three times (``check``). ``mends``:
    put a damaged state aside, for ``run`` and ``once``, which hold a lock when they first ask for it."""

    config: Config
    environ: Mapping[str, str]
    insist: bool = False
    mends: bool = False
    _journal: Journal | None = None
    _opening: Lock = field(default_factory=Lock)

    @property
    def journal(self) -> Journal:
        """Opened once, by whichever account comes first. Raises MailbotError."""
        with self._opening:
            if self._journal is None:
                self._journal = self._opened() if self.mends else Journal(self.config.state.folder)
            return self._journal

    def _opened(self) -> Journal:
        """The journal as it is, or a new one in the place of a damaged one."""
        folder = self.config.state.folder
        try:
            journal = Journal(folder)
            try:
                journal.check()
            except Damaged:
                journal.close()
                raise
        except Damaged as error:
            kept = put_aside(folder, time.strftime("%Y-%m-%dT%H%M%S"))
            journal = Journal(folder)
            for account in self.config.accounts:
                journal.facts.put("aside", account.key, {"reason": error.reason, "kept": str(kept)})
        return journal

    @cached_property
    def store(self) -> Store:
        from mailbot.archive.store import Store

        return Store(self.config.archive.folder, self.config.archive.mode)

    @cached_property
    def index(self) -> Index:
        from mailbot.index import Index

        return Index(self.config.state.folder)

    @cached_property
    def secrets(self) -> Secrets:
        from mailbot.secrets import Secrets

        return Secrets(self.config, self.environ)

    @cached_property
    def endpoint(self) -> Endpoint | None:
        from mailbot.model import Endpoint, Learnt
        from mailbot.model.learnt import scope

        model = self.config.model
        if model is None:
            return None
        kept = scope(model)
        return Endpoint(
            model,
            key=lambda: self.secrets.get("model") if self.secrets.has("model") else "",
            learnt=Learnt(
                lambda: self.journal.facts.all(kept), lambda fact, at: self.journal.facts.put(kept, fact, at)
            ),
        )

    def sweep(self) -> None:
        """Takes away what is older than the owner wants to keep, and what an interrupted purge has left. A failure is
        logged, and tried again tomorrow."""
        from mailbot.purge import removal
        from mailbot.purge.sweep import sweep

        try:
            removal.finish(self.journal, self.store, self.index)
            sweep(self.config, self.journal, self.store, time.time())
        except MailbotError as error:
            log.warning("sweep=failed reason=%r", str(error))

    def templates(self) -> Templates:
        """The prompt's templates, as the files are now. Raises OwnerMustAct."""
        from mailbot import templates

        return templates.read(self.config.prompt.folder)

    def world(self, account: Account) -> World:
        return World(
            config=self.config,
            account=account,
            journal=self.journal,
            store=self.store,
            index=self.index,
            endpoint=self.endpoint,
            templates=self.templates,
            connect=lambda: self.connect(account),
            send=(lambda raw: self._send(account, raw)) if account.smtp else None,
            now=time.time,
            chance=random.random,
            nonce=lambda: random_words.token_hex(8),
        )

    def connect(self, account: Account) -> Session:
        """Logs in, with the secret as it is now."""
        from mailbot.imap.login import connect

        context = self._context(account.imap.ca_file) if account.imap.security != "none" else None

        def enter(secret: str) -> Session:
            return connect(account.imap, secret, context)

        if account.imap.client_id:
            tokens = sign_in(self.config, account)
            # The sign-in is what the server refuses or not; its tokens come and go.
            return self._guarded(account, tokens.identity, lambda _: tokens.used(enter))
        return self._guarded(account, self.secrets.get(f"{account.name}.imap"), enter)

    def _guarded(self, account: Account, secret: str, enter: Callable[[str], Session]) -> Session:
        from mailbot.logins import guarded

        return guarded(self.journal, account.key, secret, enter, time.time(), insist=self.insist)

    @cached_property
    def _contexts(self) -> dict[str, SSLContext]:
        return {}

    def _context(self, ca_file: str) -> SSLContext:
        """One for each CA file: a context costs a megabyte and 30 ms."""
        from mailbot.imap.login import tls_context

        if ca_file not in self._contexts:
            self._contexts[ca_file] = tls_context(ca_file)
        return self._contexts[ca_file]

    def _send(self, account: Account, raw: bytes) -> None:
        from mailbot.logins import guarded
        from mailbot.smtp import send_notice

        assert account.smtp is not None, "only an account with [account.smtp] sends"
        smtp, to = account.smtp, self.config.notify.to or account.address
        own = [a for each in self.config.accounts for a in (each.address, *each.aliases)]
        context = self._context(account.imap.ca_file) if smtp.security != "none" else None

        def enter(secret: str) -> None:
            send_notice(smtp, secret, raw, to=to, own=own, context=context)

        if smtp.user:
            name = f"{account.name}.smtp"  # a notice waits for the next poll, which must not be one more wrong password
            guarded(self.journal, f"{account.key} smtp", self.secrets.get(name), enter, time.time(), insist=self.insist)
        else:
            enter("")

    def close(self) -> None:
        if self._journal is not None:
            self._journal.close()
        if "index" in vars(self):
            self.index.close()


def sign_in(config: Config, account: Account, again: str = "") -> SignIn:
    """The tokens of an account with a client_id. ``again``: the command that signs in, if it is not the usual one.

    The turns lie beside the tokens: who has those sees them, whatever the runtime folder (cron, PrivateTmp)."""
    from mailbot.oauth import MICROSOFT, SignIn  # late: few accounts need it, and urllib

    imap, name = account.imap, f"{account.name}.imap"
    return SignIn(
        name,
        user=imap.user,
        client_id=imap.client_id,
        authority=imap.authority or MICROSOFT,
        folder=config.state.folder,
        again=again or f"mailbot secret set {name}",
        alone=lambda: lock.turn(f"sign-in {account.key}", config.state.folder),
    )
