"""A real Dovecot (2.3) of our own on loopback: unprivileged.

Owns its config and its mail. Refuses to know what the tests do with it: every user name is accepted with
the one password, so each test takes a fresh user and none sees another's mail.
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

from mail_server import MailServer, make_certificate

CONFIG = """\
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
default_internal_user = {internal_user}
default_internal_group = {internal_group}
default_login_user = {login_user}
first_valid_uid = 1
first_valid_gid = 1
shutdown_clients = yes

ssl = yes
ssl_cert = <{folder}/cert.pem
ssl_key = <{folder}/key.pem
disable_plaintext_auth = no
auth_mechanisms = plain login{token_mechanisms}
auth_failure_delay = 0
auth_verbose = yes
{token_passdb}
passdb {{
  driver = static
  mechanisms = plain login
  args = password={password}
}}
userdb {{
  driver = passwd-file
  args = username_format=%u {folder}/quotas/%u
  default_fields = uid={uid} gid={gid} home={folder}/mail/%u
  # A file for each user, because one file for all is read again only when the second changes; most users have none.
  result_internalfail = continue
}}
userdb {{
  driver = static
  args = allow_all_users=yes uid={uid} gid={gid} home={folder}/mail/%u
}}

mail_location = maildir:~/Maildir
mail_plugins = quota
plugin {{
  quota = count:Mail
  quota_vsizes = yes
}}
mail_max_userip_connections = 50
mailbox_idle_check_interval = 1s
protocol imap {{
  mail_plugins = quota imap_quota
}}
namespace inbox {{
  inbox = yes
  separator = /
  mailbox Drafts {{
    auto = subscribe
    special_use = \\Drafts
  }}
  mailbox Sent {{
    auto = subscribe
    special_use = \\Sent
  }}
  mailbox Trash {{
    auto = subscribe
    special_use = \\Trash
  }}
  mailbox Junk {{
    auto = subscribe
    special_use = \\Junk
  }}
  mailbox Archive {{
    auto = subscribe
    special_use = \\Archive
  }}
}}

# No penalty: a test of wrong passwords must not slow the next test.
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service imap-login {{
  chroot =
  service_count = 0
  process_min_avail = 1
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
  }}
}}
service imap {{
  process_min_avail = 1
}}
service stats {{
  chroot =
}}
"""


# https://doc.dovecot.org/2.3/configuration_manual/authentication/oauth2/
TOKEN_PASSDB = """\
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {folder}/oauth2.conf.ext
}}
"""
TOKENS = """\
introspection_url = {url}
introspection_mode = post
username_attribute = username
active_attribute = active
active_value = true
"""


def find() -> str | None:
    """Path of the Dovecot binary, or None. ``/usr/sbin`` is not on every user's PATH."""
    return shutil.which("dovecot", path=os.pathsep.join([os.environ.get("PATH", ""), "/usr/local/sbin", "/usr/sbin"]))


class Dovecot(MailServer):
    """``port`` knows STARTTLS, too. ``introspection``: where it asks whether a token is good
    (RFC 7662); "" = it takes no tokens."""

    def __init__(self, introspection: str = "") -> None:
        super().__init__()
        self._introspection = introspection

    def write_folder(self) -> None:
        _write_folder(self.folder, self.port, self.tls_port, self.password, self._introspection)

    def command(self) -> Sequence[str | Path]:
        binary = find()
        if binary is None:
            raise RuntimeError("There is no dovecot binary on this host. Install the package dovecot-imapd.")
        return [binary, "-F", "-c", self.folder / "dovecot.conf"]

    def user(self, name: str = "ada", *, quota: int | None = None) -> str:
        """A user name that nobody had before, with the usual folders and no mail. ``quota``: bytes of the mailbox."""
        user = f"{name}-{secrets.token_hex(4)}@example.org"
        if quota is not None:
            (self.folder / "quotas" / user).write_text(f"{user}:::::::userdb_quota_rule=*:bytes={quota}\n")
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


def _write_folder(folder: Path, port: int, tls_port: int, password: str, introspection: str) -> None:
    """The config, the certificate and the folders, owned by whoever the mail processes run as."""
    uid, gid, internal_user, internal_group, login_user = _identities()
    folder.chmod(0o755)
    (folder / "mail").mkdir()
    os.chown(folder / "mail", uid, gid)
    (folder / "quotas").mkdir()
    make_certificate(folder)
    (folder / "oauth2.conf.ext").write_text(TOKENS.format(url=introspection))
    config = CONFIG.format(
        token_mechanisms=" xoauth2 oauthbearer" if introspection else "",
        token_passdb=TOKEN_PASSDB.format(folder=folder) if introspection else "",
        folder=folder,
        port=port,
        tls_port=tls_port,
        password=password,
        uid=uid,
        gid=gid,
        internal_user=internal_user,
        internal_group=internal_group,
        login_user=login_user,
    )
    (folder / "dovecot.conf").write_text(config)


def _identities() -> tuple[int, int, str, str, str]:
    """(uid and gid of the mail, internal user, its group, login user). Dovecot refuses mail of uid 0, so root lends
    the mail to ``nobody`` and takes the package's users; anyone else does it all in their own name."""
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        return nobody.pw_uid, nobody.pw_gid, "dovecot", "dovecot", "dovenull"
    me = pwd.getpwuid(os.geteuid()).pw_name
    return os.geteuid(), os.getegid(), me, grp.getgrgid(os.getegid()).gr_name, me
