"""The configuration of the tests' Dovecot, as the installed version reads it: 2.4 has other names for most settings and
refuses those of 2.3. What both understand is written once.

Owns every line that Dovecot reads, but not the folder that they name (``dovecot.py``).
"""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from textwrap import indent

Version = tuple[int, int]


@dataclass(frozen=True)
class Names:
    """What the configuration has to name. ``introspection``: where Dovecot asks whether a token is good (RFC 7662);
    "" = it takes no tokens. Mail belongs to ``uid`` and ``gid``; Dovecot's own processes to the users."""

    folder: Path
    port: int
    tls_port: int
    password: str
    introspection: str
    uid: int
    gid: int
    internal_user: str
    internal_group: str
    login_user: str


def installed(binary: str) -> Version:
    """Of ``2.4.1-4 (7d8c0e5759)`` the first two numbers."""
    said = subprocess.run([binary, "--version"], check=True, capture_output=True, text=True).stdout
    found = re.match(r"(\d+)\.(\d+)", said)
    if found is None:
        raise RuntimeError(f"{binary} --version says {said!r}")
    return int(found[1]), int(found[2])


def dovecot_conf(names: Names, version: Version) -> str:
    """dovecot.conf. 2.3 reads the tokens' settings from a file of their own (``tokens``)."""
    values = vars(names) | {
        "mechanisms": "plain login xoauth2 oauthbearer" if names.introspection else "plain login",
        "folders": "\n".join(FOLDER.format(name=name) for name in FOLDERS),
    }
    if version >= (2, 4):
        parts = [VERSIONS_2_4, BOTH, LOGINS_2_4, TOKENS_2_4 if names.introspection else "", MAIL_2_4, LISTENERS_2_4]
    else:
        parts = [BOTH, LOGINS_2_3, TOKENS_2_3 if names.introspection else "", MAIL_2_3, LISTENERS_2_3]
    return "\n".join(part.format_map(values) for part in parts)


def tokens(names: Names) -> str:
    """What 2.3 reads from oauth2.conf.ext."""
    return TOKENS.format(introspection=names.introspection)


def quota(user: str, size: int, version: Version) -> str:
    """The line of a user's own passwd-file that limits the mailbox to ``size`` bytes."""
    if version >= (2, 4):
        return f"{user}:::::::userdb_quota_storage_size={size}B\n"
    return f"{user}:::::::userdb_quota_rule=*:bytes={size}\n"


FOLDERS = ("Drafts", "Sent", "Trash", "Junk", "Archive")
FOLDER = """\
  mailbox {name} {{
    auto = subscribe
    special_use = \\{name}
  }}"""

BOTH = """\
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
mail_max_userip_connections = 50
mailbox_idle_check_interval = 1s
ssl = yes
auth_mechanisms = {mechanisms}
auth_failure_delay = 0
auth_verbose = yes

mail_plugins = quota
protocol imap {{
  mail_plugins = quota imap_quota
}}
namespace inbox {{
  inbox = yes
  separator = /
{folders}
}}

# No penalty: a test of wrong passwords must not slow the next test.
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service imap {{
  process_min_avail = 1
}}
service stats {{
  chroot =
}}
"""

# https://doc.dovecot.org/2.4.1/installation/upgrade/2.3-to-2.4.html
VERSIONS_2_4 = """\
dovecot_config_version = 2.4.0
dovecot_storage_version = 2.4.0
"""

# A passwd-file for each user, because one for all is read again only when the second changes; most users have none.
LOGINS_2_3 = """\
ssl_cert = <{folder}/cert.pem
ssl_key = <{folder}/key.pem
disable_plaintext_auth = no
passdb {{
  driver = static
  mechanisms = plain login
  args = password={password}
}}
userdb {{
  driver = passwd-file
  args = username_format=%u {folder}/quotas/%u
  default_fields = uid={uid} gid={gid} home={folder}/mail/%u
  result_internalfail = continue
}}
userdb {{
  driver = static
  args = allow_all_users=yes uid={uid} gid={gid} home={folder}/mail/%u
}}
"""
LOGINS_2_4 = """\
ssl_server_cert_file = {folder}/cert.pem
ssl_server_key_file = {folder}/key.pem
auth_allow_cleartext = yes
passdb static {{
  mechanisms_filter = plain login
  password = {password}
}}
userdb passwd-file {{
  passwd_file_path = {folder}/quotas/%{{user}}
  fields {{
    uid = {uid}
    gid = {gid}
    home = {folder}/mail/%{{user}}
  }}
}}
userdb static {{
  allow_all_users = yes
  fields {{
    uid = {uid}
    gid = {gid}
    home = {folder}/mail/%{{user}}
  }}
}}
"""

# https://doc.dovecot.org/2.3/configuration_manual/authentication/oauth2/
TOKENS_2_3 = """\
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {folder}/oauth2.conf.ext
}}
"""
TOKENS = """\
introspection_url = {introspection}
introspection_mode = post
username_attribute = username
active_attribute = active
active_value = true
"""
# https://doc.dovecot.org/2.4.1/core/config/auth/databases/oauth2.html
TOKENS_2_4 = f"oauth2 {{{{\n{indent(TOKENS, '  ')}}}}}\n"

MAIL_2_3 = """\
mail_location = maildir:~/Maildir
plugin {{
  quota = count:Mail
  quota_vsizes = yes
}}
"""
# Without grace a quota is a quota: 2.4 lets the last mail pass it by 10 MB. And no keywords that nobody has set: 2.4.5
# gives each mail one that says whether it has attachments.
MAIL_2_4 = """\
mail_driver = maildir
mail_path = ~/Maildir
mail_attachment_detection_options =
quota Mail {{
  storage_grace = 0
}}
"""

LISTENERS_2_3 = """\
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
"""
LISTENERS_2_4 = LISTENERS_2_3.replace("service_count = 0", "restart_request_count = unlimited")
