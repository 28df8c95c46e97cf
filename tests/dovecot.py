"""A real Dovecot (2.3 or 2.4) of our own on loopback: unprivileged.

Owns its folder and its mail; ``dovecot_config.py`` has what it reads. Refuses to know what the tests do with it: every
user name is accepted with the one password, so each test takes a fresh user and none sees another's mail.
"""

from __future__ import annotations

import grp
import os
import pwd
import re
import secrets
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

import dovecot_config as config
from mail_server import MailServer, make_certificate


def find() -> str | None:
    """Path of the Dovecot binary, or None. ``/usr/sbin`` is not on every user's PATH."""
    return shutil.which("dovecot", path=os.pathsep.join([os.environ.get("PATH", ""), "/usr/local/sbin", "/usr/sbin"]))


class Dovecot(MailServer):
    """``port`` knows STARTTLS, too. ``introspection``: where it asks whether a token is good
    (RFC 7662); "" = it takes no tokens."""

    def __init__(self, introspection: str = "") -> None:
        super().__init__()
        self._introspection = introspection
        self._binary = _found()
        self.version = config.installed(self._binary)

    def write_folder(self) -> None:
        """The config, the certificate and the folders, owned by whoever the mail processes run as."""
        uid, gid, *own = _identities()
        self.folder.chmod(0o755)
        (self.folder / "mail").mkdir()
        os.chown(self.folder / "mail", uid, gid)
        (self.folder / "quotas").mkdir()
        make_certificate(self.folder)
        names = config.Names(self.folder, self.port, self.tls_port, self.password, self._introspection, uid, gid, *own)
        (self.folder / "oauth2.conf.ext").write_text(config.tokens(names))
        (self.folder / "dovecot.conf").write_text(config.dovecot_conf(names, self.version))

    def command(self) -> Sequence[str | Path]:
        return [self._binary, "-F", "-c", self.folder / "dovecot.conf"]

    def user(self, name: str = "ada", *, quota: int | None = None) -> str:
        """A user name that nobody had before, with the usual folders and no mail. ``quota``: bytes of the mailbox."""
        user = f"{name}-{secrets.token_hex(4)}@example.org"
        if quota is not None:
            (self.folder / "quotas" / user).write_text(config.quota(user, quota, self.version))
        return user

    def rebuild(self, user: str, folder: str = "INBOX", *, uidvalidity: int | None = None) -> None:
        """Forgets the UIDs of a folder that nobody has open, as after a restore: they come anew, with another
        UIDVALIDITY (this one, if one is given)."""
        maildir = self.folder / "mail" / user / "Maildir" / ("" if folder == "INBOX" else f".{folder}")
        for path in (maildir / "dovecot-uidlist", *maildir.glob("dovecot.index*")):
            path.unlink(missing_ok=True)
        if uidvalidity is not None:
            (maildir / "dovecot-uidlist").write_text(f"3 V{uidvalidity} N1 G{secrets.token_hex(16)}\n")
            shutil.chown(maildir / "dovecot-uidlist", *_identities()[:2])

    def fill(self, user: str, raws: Iterable[bytes], starred: int) -> None:
        """Puts mails into the INBOX of a user who has not logged in yet, past the wire; the first are starred."""
        new = self.folder / "mail" / user / "Maildir" / "cur"
        for part in ("cur", "new", "tmp"):
            (new.parent / part).mkdir(parents=True, exist_ok=True)
        for number, raw in enumerate(raws):
            flags = "F" if number < starred else "S"
            (new / f"1700000000.M{number}P1.host:2,{flags}").write_bytes(raw)
        for path in (new.parent.parent, new.parent, *new.parent.iterdir(), *new.iterdir()):
            os.chown(path, *_identities()[:2])

    def traffic(self, user: str) -> tuple[list[int], list[int]]:
        """Octets that each session of the user sent and received, as the log has it when a session ends."""
        log = (self.folder / "log").read_text(errors="replace")
        rows = re.findall(rf"imap\({re.escape(user)}\)<[^\n]* in=(\d+) out=(\d+)", log)
        return [int(sent) for sent, _ in rows], [int(received) for _, received in rows]


def _found() -> str:
    binary = find()
    if binary is None:
        raise RuntimeError("There is no dovecot binary on this host. Install the package dovecot-imapd.")
    return binary


def _identities() -> tuple[int, int, str, str, str]:
    """(uid and gid of the mail, internal user, its group, login user). Dovecot refuses mail of uid 0, so root lends
    the mail to ``nobody`` and takes the package's users; anyone else does it all in their own name."""
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        return nobody.pw_uid, nobody.pw_gid, "dovecot", "dovecot", "dovenull"
    me = pwd.getpwuid(os.geteuid()).pw_name
    return os.geteuid(), os.getegid(), me, grp.getgrgid(os.getegid()).gr_name, me
