"""A real Cyrus (3.6) of our own on loopback, in the place of Dovecot when ``make test-cyrus`` runs its tests.

Owns its config and its mail. Needs root: Cyrus drops to the user that its package made. What only
Dovecot's files allow (``rebuild``, ``fill``, ``traffic``) is left out."""

from __future__ import annotations

import secrets
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import pytest
from mail_server import MailServer, make_certificate
from worlds import FAST

INSTALLED = Path("/usr/lib/cyrus/bin")
UNPACKED = Path(sys.prefix) / "cyrus/usr/lib/cyrus/bin"  # by get-cyrus.sh
DOMAIN = "example.org"

IMAPD = """\
configdirectory: {folder}/conf
defaultpartition: default
partition-default: {folder}/spool
cyrus_user: cyrus
admins: cyrus
virtdomains: userid
defaultdomain: default.invalid
servername: localhost
sasl_pwcheck_method: auxprop
sasl_auxprop_plugin: sasldb
sasl_sasldb_path: {folder}/sasldb2
sasl_mech_list: PLAIN LOGIN
allowplaintext: yes
altnamespace: yes
unixhierarchysep: yes
autocreate_quota: 0
autocreate_inbox_folders: Drafts|Sent|Trash|Junk|Archive
autocreate_subscribe_folders: Drafts|Sent|Trash|Junk|Archive
xlist-drafts: Drafts
xlist-sent: Sent
xlist-trash: Trash
xlist-junk: Junk
xlist-archive: Archive
idlesocket: {folder}/conf/socket/idle
imapidlepoll: 1
lmtpsocket: {folder}/conf/socket/lmtp
tls_server_cert: {folder}/cert.pem
tls_server_key: {folder}/key.pem
tls_sessions_db_path: {folder}/conf/tls.db
master_pid_file: {folder}/master.pid
syslog_prefix: mailbot-tests
failedloginpause: 0
statuscache: on
conversations: yes
skiplist_unsafe: yes
"""
MASTER = """\
START {{
  recover cmd="{installed}/ctl_cyrusdb -C {folder}/imapd.conf -r"
}}
SERVICES {{
  imap cmd="{unpacked}/imapd -C {folder}/imapd.conf -U 30" listen="127.0.0.1:{port}" prefork=1 maxchild=100 proto=tcp4
  imaps cmd="{unpacked}/imapd -s -C {folder}/imapd.conf -U 30" listen="127.0.0.1:{tls_port}" maxchild=100 proto=tcp4
}}
DAEMON {{
  idled cmd="{unpacked}/idled -C {folder}/imapd.conf"
}}
"""


class Cyrus(MailServer):
    """``with Cyrus() as server``; what it offers is what ``Dovecot`` offers."""

    def __init__(self) -> None:
        super().__init__(FAST)  # thirty small files for each user: removing them took a busy disk a minute

    def user(self, name: str = "ada", *, quota: int | None = None) -> str:
        """A user name that nobody had before, with the usual folders and no mail. ``quota``: bytes of the mailbox."""
        local = f"{name}-{secrets.token_hex(4)}"
        self._let_in(local, DOMAIN)
        self.client(f"{local}@{DOMAIN}").logout()  # the first login makes the folders, one after the other
        if quota is not None:
            with self.client("cyrus") as admin:
                admin.set_quota([_Quota(f"user/{local}@{DOMAIN}", "STORAGE", quota // 1024)])
        return f"{local}@{DOMAIN}"

    def rebuild(self, *args: object, **options: object) -> NoReturn:
        pytest.skip("how to forget the UIDs of a folder is known of Dovecot only")

    def fill(self, *args: object) -> NoReturn:
        pytest.skip("how to put mails past the wire is known of Dovecot only")

    def traffic(self, *args: object) -> NoReturn:
        pytest.skip("only Dovecot logs the traffic of a session")

    def write_folder(self) -> None:
        values: dict[str, Any] = {"folder": self.folder, "port": self.port, "tls_port": self.tls_port}
        values |= {"installed": INSTALLED, "unpacked": UNPACKED}
        self.folder.chmod(0o755)
        for name in ("spool", *(f"conf/{name}" for name in ("db", "socket", "proc", "log", "msg", "ptclient", "lock"))):
            (self.folder / name).mkdir(parents=True)
        make_certificate(self.folder)
        (self.folder / "imapd.conf").write_text(IMAPD.format(**values))
        (self.folder / "cyrus.conf").write_text(MASTER.format(**values))
        self._let_in("cyrus", "localhost")  # the admin, in the realm that is the servername
        for path in (self.folder, *self.folder.rglob("*")):
            shutil.chown(path, "cyrus", "mail")

    def command(self) -> Sequence[str | Path]:
        files = ("-C", self.folder / "imapd.conf", "-M", self.folder / "cyrus.conf", "-p", self.folder / "master.pid")
        return [INSTALLED / "master", "-D", *files]

    def _let_in(self, local: str, domain: str) -> None:
        command = ["saslpasswd2", "-p", "-c", "-f", str(self.folder / "sasldb2"), "-u", domain, local]
        subprocess.run(command, input=self.password.encode(), check=True, capture_output=True)


class _Quota:
    """What imapclient asks of a quota."""

    def __init__(self, quota_root: str, resource: str, limit: int) -> None:
        self.quota_root, self.resource, self.limit = quota_root, resource, limit
