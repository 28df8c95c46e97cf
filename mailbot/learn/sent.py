"""Learning from Sent: what the owner wrote goes into the index, a little in each idle moment.

It runs on the spare connection, and only while no draft is awaited; it gives way to a thread search at once. The newest
mails are read first, each of them once. Whatever happens here, and whatever lies in Sent, costs no draft anything: the
index has less in it, and the log says why.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence

from mailbot.errors import MailbotError
from mailbot.imap.folders import Roles
from mailbot.imap.session import Session
from mailbot.imap.spare import Spare
from mailbot.imap.trouble import Rejection
from mailbot.index import Unusable
from mailbot.index.sent import Reading
from mailbot.job import backoff
from mailbot.learn import filed
from mailbot.own import sent
from mailbot.own.sent import OwnMail
from mailbot.world import World, log

MOST = 4_000  # mails of a Sent folder that are kept in the index, the newest
BEGINNING = 16 * 1024  # octets of each that are read: text stands before attachments
LOT = 25  # mails that are fetched at once: a search that comes meanwhile loses no more
ROUND = 10.0  # seconds of learning without a pause
PATIENCE = 10.0  # seconds more, for the login and the last lot
SOON = 30.0  # seconds until the next round, as long as there is more to read
EVERY = 3600.0  # seconds between two looks for new mails
ABANDONED = 30 * 86_400.0  # seconds without a try, after which an account is in the config no more
PASSING = 600.0  # seconds, where a search has left its login


class Learning:
    """One account's. Belongs to the poller's thread, but for the round itself."""

    def __init__(self, world: World, spare: Spare) -> None:
        self._world = world
        self._spare = spare
        self._over = threading.Event()  # no round is under way, or it is to end
        self._over.set()
        self._not_before = 0.0  # nothing is due before, or the index cannot be used

    def begin(self, roles: Roles) -> bool:
        """Begins a round when one is due. Returns whether one is under way."""
        if self._spare.is_busy():
            return True
        reading = self._due(roles)
        if reading is None:
            return False
        self._over.clear()
        self._spare.begin("learning", lambda: self._round(roles, reading), gives_way=True)
        return True

    def give_way(self) -> None:
        """To a search that comes now."""
        if not self._over.is_set():
            self._over.set()
            self._spare.break_off()

    def wait(self) -> None:
        """For the end of the round, for ``once``. A login for a search that was given up is no round."""
        if not self._over.is_set() and self._spare.is_busy(ROUND + PATIENCE):
            self.give_way()

    def _due(self, roles: Roles) -> Reading | None:
        """How far it came, when it is time to go on."""
        world = self._world
        if not roles.sent or (0 < self._not_before - world.now() <= EVERY and not self._spare.is_open):
            return None
        try:
            if not world.config.voice.from_sent:
                world.index.unlearn()
            if not world.learns:
                self._not_before = world.now() + EVERY
                return None
            reading = world.index.sent.reading(world.key, roles.sent)
        except Unusable as error:
            self._unusable(error)
            return None
        except Exception:  # a bug: it must not stop the round
            log.exception("account=%s learning=no", world.account.name)
            self._not_before = world.now() + EVERY
            return None
        since = world.now() - reading.tried_at
        if reading.failures:
            wait = backoff(reading.failures - 1, 1.0)
        else:
            wait = SOON if not reading.complete else PASSING if self._spare.is_open else EVERY
        if 0 <= since < wait:
            self._not_before = reading.tried_at + wait
            return None
        return reading

    def _unusable(self, error: Unusable) -> None:
        log.warning("account=%s learning=no reason=%r", self._world.account.name, str(error))
        self._not_before = self._world.now() + EVERY

    def _round(self, roles: Roles, reading: Reading) -> None:
        """In a thread of its own."""
        folder = roles.sent
        world, failures, complete = self._world, reading.failures + 1, False
        try:
            world.index.sent.tried(world.key, folder, world.now(), failures, complete)
            complete = self._spare.use(lambda session: self._read(session, roles), self._over.is_set)
            failures = 0
        except Unusable as error:
            self._unusable(error)
        except MailbotError as error:
            if self._over.is_set():
                failures = 0
            else:
                log.info("account=%s learning=broken reason=%r", world.account.name, str(error))
                self._spare.break_off()
        except Exception:  # a bug, in the program or in a library: it must not stop the drafts
            log.exception("account=%s learning=broken", world.account.name)
            self._spare.break_off()
        try:
            world.index.sent.tried(world.key, folder, world.now(), failures, complete)
        except Unusable as error:
            self._unusable(error)
        if not self._over.is_set():
            self._spare.close()
            self._over.set()

    def _read(self, session: Session, roles: Roles) -> bool:
        """Reads what is new, for a while. Returns whether nothing is left to read."""
        index, key, until = self._world.index.sent, self._world.key, time.monotonic() + ROUND
        folder = roles.sent
        index.drop_abandoned(self._world.now() - ABANDONED)
        filed.read(self._world, session, roles, lambda: self._over.is_set() or time.monotonic() > until)
        mark = session.mark(folder)
        session.examine(folder)
        index.open(key, folder, mark.uidvalidity)
        there = newest(session, mark.uidnext)
        known = index.uids(key, folder)
        index.drop(key, folder, known - set(there))
        left = [uid for uid in reversed(there) if uid not in known]
        read = kept = 0
        for lot in _lots(left):
            if self._over.is_set() or time.monotonic() > until:
                break
            found = self._learnt(session, folder, lot)
            read, kept = read + len(lot), kept + found
        if left:
            name = self._world.account.name
            log.info("account=%s learnt=%d read=%d left=%d", name, kept, read, len(left) - read)
        return read == len(left)

    def _learnt(self, session: Session, folder: str, lot: Sequence[int]) -> int:
        """How many of the lot are letters of the owner's. A lot is noted before it is read, so that one that ends the
        process is not read again; when only the connection breaks, it is."""
        index, key = self._world.index.sent, self._world.key
        index.begin(key, folder, lot)
        try:
            rows = session.mails(lot, BEGINNING)
        except Rejection as error:  # a mail that the server itself cannot read (Exchange)
            log.info("account=%s uids=%d-%d learnt=no reason=%r", self._world.account.name, lot[0], lot[-1], error.text)
            return 0
        except MailbotError:
            index.drop(key, folder, lot)
            raise
        mails = []
        for uid, row in rows.items():
            mail = self._own(row.data, row.arrived, truncated=row.size > len(row.data))
            if mail is not None and "\\deleted" not in {flag.lower() for flag in row.flags}:
                mails.append((uid, mail))
        index.add(key, folder, mails)
        return len(mails)

    def _own(self, raw: bytes, arrived: float, *, truncated: bool) -> OwnMail | None:
        account, owner = self._world.account, self._world.config.owner
        names = (owner.name, *(identity.name for identity in account.identities if identity.name))
        try:
            return sent.read(raw, account, names, arrived=arrived, truncated=truncated)
        except Exception:  # a bug that this mail shows: the others are read
            log.exception("account=%s learning=broken", account.name)
            return None


def newest(session: Session, uidnext: int) -> tuple[int, ...]:
    """The UIDs of the newest mails in the open folder, in order, without listing all of them: there may be many
    thousands, and between two there may be a gap of any size."""
    span = MOST
    while True:
        first = max(uidnext - span, 1)
        found = session.uids_from(first)
        if len(found) >= MOST or first == 1:
            return found[-MOST:]
        span *= 8


def _lots(uids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(uids), LOT):
        yield uids[start : start + LOT]
