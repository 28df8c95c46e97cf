"""One account's tokens: kept in a private file beside the state, used, refreshed before they end, and rotated.

The file and not the keyring: each refresh may bring a new refresh token and make the old one worthless, so that a
keyring which is locked just then would cost the owner a sign-in."""

from __future__ import annotations

import json
import os
import secrets
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TypeVar

from mailbot.errors import Later, OwnerMustAct
from mailbot.oauth.authority import Authority, Code, Granted, Pending
from mailbot.oauth.refusal import KIND, refusal

EARLY = 300.0  # seconds before its end in which a token is refreshed
SLOWER = 5.0  # seconds, RFC 8628, 3.5
ENDING = ".tokens"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Tokens:
    """``sign_in`` names the sign-in, and stays when its tokens rotate. ``ends`` is in seconds since the epoch."""

    sign_in: str
    user: str
    client_id: str
    authority: str
    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    ends: float


class SignIn:
    """``name`` is that of the secret, ``again`` the command with which the owner signs in. ``alone`` keeps other
    threads and processes from changing the tokens at the same time. Methods raise OwnerMustAct (kind "sign-in", "disk")
    and Later."""

    def __init__(
        self,
        name: str,
        *,
        user: str,
        client_id: str,
        authority: str,
        folder: Path,
        again: str,
        alone: Callable[[], AbstractContextManager[object]],
        now: Callable[[], float] = time.time,
    ) -> None:
        self.name = name
        self.user = user
        self.path = folder / f"{name}{ENDING}"
        self._again = again
        self._authority = Authority(authority, client_id, again)
        self._alone = alone
        self._now = now

    @property
    def identity(self) -> str:
        """A word that is the same until the owner signs in anew."""
        return self._kept().sign_in

    def used(self, use: Callable[[str], T]) -> T:
        """What ``use`` gives with an access token; once more with a fresh one where the first is refused (OwnerMustAct,
        kind "login"): it may have been revoked, or this host's clock be wrong."""
        word = self.token()
        try:
            return use(word)
        except OwnerMustAct as error:
            if error.kind != "login":
                raise
        return use(self._refreshed(word))

    def token(self) -> str:
        """An access token with some life left in it."""
        kept = self._kept()
        if kept.ends - self._now() > EARLY:
            return kept.access_token
        try:
            return self._refreshed(kept.access_token)
        except Later:
            if kept.ends > self._now():
                return kept.access_token
            raise

    def begin(self) -> Code:
        """Begins a sign-in; ``finish`` waits for its end."""
        return self._authority.code()

    def finish(self, code: Code, wait: Callable[[float], object] = time.sleep) -> None:
        """Asks again and again until the owner has entered the code. Trouble with the network does not end it, the end
        of the code does."""
        deadline, interval = self._now() + code.life, code.interval
        while self._now() < deadline:
            wait(interval)
            try:
                granted = self._authority.redeem(code)
            except Pending as error:
                interval += SLOWER if error.slower else 0.0
            except Later:
                interval += SLOWER
            else:
                with self._alone():  # a refresh of the sign-in before, under way, would write over this one
                    self._keep(self._tokens(secrets.token_hex(16), granted))
                return
        raise refusal(self._authority.host, "expired_token", "", self._again)

    def forget(self) -> None:
        with self._alone(), self._disk():
            try:
                self.path.unlink()
            except FileNotFoundError:
                raise OwnerMustAct(KIND, f"{self.name} is not signed in", "There is nothing to delete") from None

    def _refreshed(self, stale: str) -> str:
        """Another token than the stale one; another thread or process may have fetched it already."""
        with self._alone():
            kept = self._kept()
            if kept.access_token != stale:
                return kept.access_token
            self._keep(kept)  # a full disk shall say so before the old refresh token is worthless
            granted = self._authority.refresh(kept.refresh_token)
            new = self._tokens(kept.sign_in, granted)
            self._keep(replace(new, refresh_token=new.refresh_token or kept.refresh_token))
        return new.access_token

    def _tokens(self, sign_in: str, granted: Granted) -> Tokens:
        return Tokens(
            sign_in=sign_in,
            user=self.user,
            client_id=self._authority.client_id,
            authority=self._authority.url,
            access_token=granted.access_token,
            refresh_token=granted.refresh_token,
            ends=self._now() + granted.life,
        )

    def _kept(self) -> Tokens:
        """The tokens on the disk, as long as they are for this user at this authority."""
        wanted = (self.user, self._authority.client_id, self._authority.url)
        with self._disk(), suppress(FileNotFoundError, ValueError, TypeError):
            tokens = Tokens(**json.loads(self.path.read_bytes()))
            if (tokens.user, tokens.client_id, tokens.authority) == wanted:
                return tokens
        raise OwnerMustAct(KIND, f"Nobody has signed in as {self.user} yet", f"Run '{self._again}'")

    def _keep(self, tokens: Tokens) -> None:
        """Whole or not at all, on the disk, and for nobody else to read."""
        with self._disk():
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor, name = tempfile.mkstemp(dir=self.path.parent, prefix=".mailbot-", suffix=".tmp")  # mode 0600
            try:
                with os.fdopen(descriptor, "w") as file:
                    json.dump(asdict(tokens), file)
                    file.flush()
                    os.fsync(file.fileno())
                os.replace(name, self.path)
                _sync(self.path.parent)
            except BaseException:
                Path(name).unlink(missing_ok=True)
                raise

    @contextmanager
    def _disk(self) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError:
            raise
        except OSError as error:
            reason = f"the tokens in {self.path} cannot be read or written ({error.strerror or type(error).__name__})"
            raise OwnerMustAct("disk", reason, "Make room, or correct the permissions of that folder") from error


def _sync(folder: Path) -> None:
    """Puts the new name of a file on the disk: the refresh token before it may be worthless already."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
