"""The config: defaults, and every problem with its key and what to do."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from mailbot import config
from mailbot.config import Config, tables
from mailbot.errors import BadUsage

EXAMPLE = (Path(__file__).parent.parent / "config.example.toml").read_text()
ENVIRON = {"HOME": "/home/ada"}
OWNER = '[owner]\nname = "Ada"\n'
ACCOUNT = (
    '[[account]]\nname = "home"\naddress = "ada@example.org"\naliases = ["ada@example.com", "ada+*@example.org"]\n'
)
IMAP = '[account.imap]\nhost = "imap.example.org"\n'
LEAST = OWNER + ACCOUNT + IMAP
SIGN_IN = "auth = 'xoauth2'\nclient_id = 'a'\nauthority = "


def names(host: str) -> Iterable[str]:
    """A name server that knows four hosts."""
    known = {
        "nas.lan": ("192.168.1.5", "fd00::5"),
        "half.lan": ("192.168.1.5", "8.8.8.8"),
        "pub.example": ("8.8.8.8",),
        "api.openai.com": ("8.8.4.4",),
    }
    return known.get(host, ())


def load(tmp_path: Path, text: str) -> Config:
    path = tmp_path / "config.toml"
    path.write_text(text)
    return config.load(path, ENVIRON, resolve=names)


def problems(tmp_path: Path, text: str) -> tuple[str, ...]:
    with pytest.raises(BadUsage) as caught:
        load(tmp_path, text)
    return caught.value.problems


def with_model(base_url: str) -> str:
    return f'{LEAST}[model]\nname = "m"\nbase_url = "{base_url}"\n'


def test_the_example_shows_the_defaults(tmp_path: Path) -> None:
    as_it_is = load(tmp_path, EXAMPLE)
    least = load(tmp_path, OWNER.replace("Ada", "Ada Example") + '[model]\nname = "gpt-5.2"\n' +
                 ACCOUNT.partition("aliases")[0] + IMAP)  # fmt: skip

    assert as_it_is.model_dump() == least.model_dump()


def test_the_example_with_its_optional_lines_means_the_same(tmp_path: Path) -> None:
    plain, full = load(tmp_path, EXAMPLE), load(tmp_path, EXAMPLE.replace("#: ", ""))

    assert full.model is not None
    assert plain.model is not None
    assert (full.model.timeout, full.model.concurrency) == (plain.model.timeout, plain.model.concurrency) == (120, 4)
    assert [i.address for i in full.accounts[0].identities] == ["ada@example.com"]
    assert [special.match for special in full.owner.special] == ["bo@example.net"]
    assert [notes.share_with for notes in full.notes] == [("example.net",)]
    assert [rule.rule for rule in full.privacy] == ["never"]
    shown = {**full.model_dump(), "model": None, "accounts": full.accounts[0].model_copy(update={"identities": ()})}
    shown |= {"owner": full.owner.model_copy(update={"special": ()}), "notes": (), "privacy": ()}
    assert shown == {**plain.model_dump(), "model": None, "accounts": plain.accounts[0], "owner": plain.owner}


def test_the_example_shows_every_key() -> None:
    names = ("Owner", "Archive", "State", "Schedule", "Model", "Notify", "Log", "Account", "Imap", "Smtp", "Identity")
    for table in (getattr(tables, name) for name in (*names, "For", "Learning", "Notes", "Privacy")):
        for name, field in table.model_fields.items():
            assert re.search(rf"^(#: )?\[*((account|owner)\.)?{field.alias or name}\b", EXAMPLE, re.MULTILINE), name


def test_a_file_of_an_editor_on_windows_is_read(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_bytes(b"\xef\xbb\xbf" + LEAST.replace("\n", "\r\n").encode())

    assert config.load(tmp_path / "config.toml", ENVIRON).owner.name == "Ada"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (LEAST.encode("utf-16"), "line 1 is not UTF-8; save the file as UTF-8"),
        (LEAST.replace("Ada", "Zoë").encode("latin-1"), "line 2 is not UTF-8; save the file as UTF-8"),
        (LEAST.encode()[:-4], "is not TOML: .*; correct that line"),
        (LEAST.encode() + OWNER.encode(), "is not TOML: .* line 9, .*; correct that line"),
        (b"", "owner: is missing; add it"),
        (None, "cannot be read .*; name the config itself"),
    ],
)
def test_a_file_that_is_no_config_is_told_with_what_to_do(tmp_path: Path, data: bytes | None, words: str) -> None:
    path = tmp_path / "config.toml"
    path.mkdir() if data is None else path.write_bytes(data)

    with pytest.raises(BadUsage, match=words):
        config.load(path, ENVIRON)


def test_paths_are_absolute(tmp_path: Path) -> None:
    text = LEAST + 'password_file = "pw"\n[archive]\nfolder = "~/Vault/Mail"\n[state]\nfolder = "state"\n'
    text += '[[notes]]\nfolder = "~/Notes"\nshare_with = ["anyone"]\n'
    loaded = load(tmp_path, text)

    assert loaded.archive.folder == Path("/home/ada/Vault/Mail")
    assert loaded.archive.mode == 0o600
    assert loaded.state.folder == tmp_path / "state"
    assert loaded.notes[0].folder == Path("/home/ada/Notes")
    assert loaded.accounts[0].imap.password_file == str(tmp_path / "pw")


def test_the_defaults_of_paths(tmp_path: Path) -> None:
    loaded = load(tmp_path, LEAST + '[state]\nfolder = ""\n')

    assert loaded.archive.folder == Path("/home/ada/Mailbot")
    assert loaded.state.folder.is_absolute()
    assert loaded.state.folder.name == "mailbot"


@pytest.mark.parametrize("table", ["", '[model]\nname = ""\n'])
def test_without_a_model_the_outline_writer_writes(tmp_path: Path, table: str) -> None:
    assert load(tmp_path, LEAST + table).model is None


@pytest.mark.parametrize(
    ("base_url", "local"),
    [
        ("https://api.openai.com/v1", False),
        ("http://127.0.0.1:11434/v1", True),
        ("http://[::1]:1/v1", True),
        ("http://localhost:1234", True),
        ("http://nas.lan/v1", True),
        ("https://nas.lan/v1", True),
        ("https://half.lan/v1", False),
        ("https://unknown.lan/v1", False),
    ],
)
def test_a_local_model_gets_more_time_and_one_call_at_once(tmp_path: Path, base_url: str, local: bool) -> None:
    model = load(tmp_path, with_model(base_url)).model

    assert model is not None
    assert (model.is_local, model.timeout, model.concurrency) == ((True, 600, 1) if local else (False, 120, 4))


@pytest.mark.parametrize(
    "base_url",
    ["http://pub.example/v1", "http://half.lan/v1", "http://8.8.8.8/v1", "http://[::ffff:8.8.8.8]/",
     "http://172.32.0.1/"],
)  # fmt: skip
def test_plain_http_stays_in_the_house(tmp_path: Path, base_url: str) -> None:
    (problem,) = problems(tmp_path, with_model(base_url))
    assert problem == "model.base_url: uses http, which is only for loopback and private addresses; use https"


@pytest.mark.parametrize("only_local", ["", "only_local = true\n"])
def test_a_name_server_that_is_down_makes_no_config_wrong(tmp_path: Path, only_local: str) -> None:
    """It may come up later than mailbot, which would stay down: systemd starts nothing again that ended with 2."""
    model = load(tmp_path, with_model("http://unknown.lan:11434/v1") + only_local).model

    assert model is not None
    assert model.stays_inside  # each call looks for itself


@pytest.mark.parametrize("base_url", ["http://127.0.0.1:11434/v1", "https://nas.lan/v1", "https://localhost/v1"])
def test_a_model_in_the_house_may_be_the_only_one_allowed(tmp_path: Path, base_url: str) -> None:
    model = load(tmp_path, with_model(base_url) + "only_local = true\n").model

    assert model is not None
    assert (model.only_local, model.is_local) == (True, True)


@pytest.mark.parametrize("base_url", ["https://api.openai.com/v1", "https://8.8.8.8/v1", "https://half.lan/v1"])
def test_only_local_refuses_every_host_that_is_outside(tmp_path: Path, base_url: str) -> None:
    (problem,) = problems(tmp_path, with_model(base_url) + "only_local = true\n")
    assert problem.startswith("model.only_local: is true, but the host of base_url is neither loopback nor")


def test_only_local_refuses_the_hosted_model_that_is_there_when_none_is_named(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, f'{LEAST}[model]\nname = "m"\nonly_local = true\n')
    assert problem.startswith("model.only_local")


@pytest.mark.parametrize("base_url", ["api.openai.com", "ftp://x", "https://", "http://[::1", "https://x:99999", ""])
def test_a_base_url_must_be_one(tmp_path: Path, base_url: str) -> None:
    assert problems(tmp_path, with_model(base_url))[0].startswith("model.base_url: must be a web address")


def test_a_password_in_a_base_url_is_refused_and_not_repeated(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, with_model("https://me:hunter2@x.example/v1"))
    assert "hunter2" not in problem


@pytest.mark.parametrize(
    ("host", "wait"), [("imap.example.org", 20), ("outlook.office365.com", 900), ("Exchange.corp.example", 900)]
)
def test_slow_servers_are_doubted_longer(tmp_path: Path, host: str, wait: int) -> None:
    account = load(tmp_path, LEAST.replace("imap.example.org", host)).accounts[0]
    assert account.imap.doubt_wait == wait


def test_an_account_is_kept_by_user_and_host(tmp_path: Path) -> None:
    account = load(tmp_path, LEAST.replace("imap.example.org", "IMAP.Example.org")).accounts[0]
    assert account.key == "ada@example.org@imap.example.org"


def test_the_port_follows_the_security(tmp_path: Path) -> None:
    imap = load(tmp_path, LEAST + 'security = "starttls"\n').accounts[0].imap
    assert imap.port == 143


def test_the_zone_is_the_owners(tmp_path: Path) -> None:
    assert load(tmp_path, LEAST.replace("[[acc", 'timezone = "Asia/Tokyo"\n[[acc', 1)).zone == ZoneInfo("Asia/Tokyo")


def test_the_zone_is_the_hosts_when_none_is_set(tmp_path: Path) -> None:
    assert load(tmp_path, LEAST).zone.key


IN_OWNER, IN_ACCOUNT = "[[account]]", "[account.imap]"


@pytest.mark.parametrize(
    ("before", "added", "problem"),
    [
        (IN_OWNER, "langage = 'de'", "owner.langage: is not a key of mailbot; did you mean language?"),
        (IN_OWNER, "zzz = 1", "owner.zzz: is not a key of mailbot; remove it"),
        (IN_OWNER, "about = 3", 'owner.about: must be text in quotes, such as "text"'),
        (IN_OWNER, "language = 'english'", 'owner.language: must be a language code, such as "en" or "pt-BR"'),
        (IN_OWNER, "timezone = 'Mars'", 'owner.timezone: must be a time zone, such as "Europe/Berlin"'),
        (IN_OWNER, "timezone = '/etc'", 'owner.timezone: must be a time zone, such as "Europe/Berlin"'),
        (
            IN_OWNER,
            "[[owner.for]]\nmatch = 'Bo'\ninstructions = 'x'",
            "owner.for[1].match: must be an address or a domain",
        ),
        (IN_OWNER, "[[owner.for]]\nmatch = 'x.example'", "owner.for[1].instructions: is missing; add it"),
        (IN_OWNER, "[voice]\nfrom_sent = 1", "voice.from_sent: must be true or false, without quotes"),
        (IN_OWNER, "[[notes]]\nfolder = '~/N'", "notes[1].share_with: is missing; add it"),
        (IN_OWNER, "[[notes]]\nfolder = '~/N'\nshare_with = []", "notes[1].share_with: must name who may read"),
        (IN_OWNER, "[[notes]]\nfolder = '~/N'\nshare_with = ['*']", "notes[1].share_with[1]: must be an address or"),
        (IN_OWNER, "[[notes]]\nfolder = ''\nshare_with = ['anyone']", "notes[1].folder: must not be empty; fill it in"),
        (IN_OWNER, "[archive]\nmode = '0999'", 'archive.mode: must be an octal number in quotes, such as "0600"'),
        (IN_OWNER, "[archive]\nmode = 600", 'archive.mode: must be an octal number in quotes, such as "0600"'),
        (IN_OWNER, "[archive]\nmode = '0077'", 'archive.mode: must let the owner read and write, as "0600" does'),
        (IN_OWNER, "[archive]\nfolder = ''", "archive.folder: must not be empty; fill it in"),
        (IN_OWNER, "[schedule]\nevery = 0", "schedule.every: must be at least 1"),
        (IN_OWNER, "[schedule]\nevery = '60'", "schedule.every: must be a whole number, without quotes"),
        (IN_OWNER, "[schedule]\nidle = 'yes'", "schedule.idle: must be true or false, without quotes"),
        (IN_OWNER, "[model]\nname='m'\ntemperature = 2.1", "model.temperature: must be at most 2"),
        (IN_OWNER, "[model]\ntimeout = 5", "model.name: is missing; add it"),
        (IN_OWNER, "[log]\nlevel = 'loud'", 'log.level: must be one of "debug", "info", "warning" or "error"'),
        (IN_OWNER, "[notify]\ndigest = '7:30'", 'notify.digest: must be a time of day such as "07:30"'),
        (IN_OWNER, "[notify]\ndigest = '24:00'", 'notify.digest: must be a time of day such as "07:30"'),
        (IN_OWNER, "[notify]\nby = 'off'\ndigest = '07:30'", 'notify.digest: nothing is sent with by = "off"'),
        (IN_OWNER, "[notify]\nby = 'pigeon'", 'notify.by: must be one of "inbox", "smtp" or "off"'),
        (IN_ACCOUNT, "flag = 'a b'", "account[home].flag: must be"),
        (IN_ACCOUNT, "flag = '$MailbotDrafted'", "account[home].flag: is the keyword that mailbot itself sets"),
        (IN_ACCOUNT, "folders = 'INBOX'", 'account[home].folders: must be a list, such as ["one", "two"]'),
        (IN_ACCOUNT, "smtp = 3", "account[home].smtp: must be a table, such as [smtp]"),
        (
            IN_ACCOUNT,
            "[[account.identity]]\naddress='Ada'",
            "account[home].identity[1].address: must be a mail address",
        ),
        ("", "prot = 3", "account[home].imap.prot: is not a key of mailbot; did you mean port?"),
        ("", "port = 99999", "account[home].imap.port: must be at most 65535"),
        ("", "security = 'none'", 'account[home].imap.security: "none" is only for this machine itself'),
        ("", "token_command = 'x'", 'account[home].imap.token_command: is only used with auth = "xoauth2"'),
        ("", "client_id = 'x'", 'account[home].imap.client_id: is only used with auth = "xoauth2"'),
        ("", "authority = 'https://x.example'", "account[home].imap.authority: is only used with client_id"),
        (
            "",
            "auth = 'xoauth2'\nclient_id = 'a b'",
            "account[home].imap.client_id: must be the Application (client) ID",
        ),
        ("", f"{SIGN_IN}'http://10.0.0.1/x'", "account[home].imap.authority: must be a web address"),
        ("", f"{SIGN_IN}'https://x.example?a=b'", "account[home].imap.authority: must hold no password"),
        ("", "refresh_token = 'x'", "account[home].imap.refresh_token: a secret must not stand here"),
        (
            "",
            "auth = 'xoauth2'\nclient_id = 'a'\ntoken_command = 'b'",
            "account[home].imap.token_command: is not used beside client_id; remove one of the two",
        ),
        ("", "password_file = '~bob/x'", "account[home].imap.password_file: can expand ~ only for yourself"),
    ],
)
def test_a_problem_names_its_key_and_what_to_do(tmp_path: Path, before: str, added: str, problem: str) -> None:
    text = LEAST.replace(before, f"{added}\n{before}", 1) if before else f"{LEAST}{added}\n"

    found = problems(tmp_path, text)

    assert len(found) == 1
    assert found[0].startswith(problem)


@pytest.mark.parametrize("key", ["password", "api_key", "token", "secret"])
def test_a_secret_in_the_config_is_refused_and_not_repeated(tmp_path: Path, key: str) -> None:
    (problem,) = problems(tmp_path, f'{LEAST}{key} = "hunter2"\n')

    assert problem.startswith(f"account[home].imap.{key}: a secret must not stand here; remove it")
    assert "mailbot secret set home.imap" in problem
    assert "hunter2" not in problem


def test_a_key_in_the_model_table_is_refused(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, f'{LEAST}[model]\nname = "m"\napi_key = "sk-1"\n')
    assert "mailbot secret set model" in problem


def test_every_problem_is_told_at_once(tmp_path: Path) -> None:
    text = (
        '[owner]\nname = 3\n[model]\nname = "m"\nbase_url = "http://8.8.8.8"\ntemperature = 9\n'
        '[notify]\nby = "smtp"\nto = "bob@example.net"\n'
        '[[account]]\nname = "Home"\naddress = "ada"\n[account.imap]\nport = 0\npassword = "x"\n'
    )
    keys = {problem.partition(":")[0] for problem in problems(tmp_path, text)}
    place = "account[Home]"
    assert keys == {
        "owner.name", "model.base_url", "model.temperature", "notify.to", "notify.by", f"{place}.name",
        f"{place}.address", f"{place}.imap.host", f"{place}.imap.port", f"{place}.imap.password",
    }  # fmt: skip


@pytest.mark.parametrize("text", [OWNER, "account = []\n" + OWNER])
def test_no_account_is_a_problem(tmp_path: Path, text: str) -> None:
    (problem,) = problems(tmp_path, text)
    assert problem == "account: there is no account; add an [[account]] table as in config.example.toml"


def test_two_accounts_may_not_share_name_or_mailbox(tmp_path: Path) -> None:
    found = problems(tmp_path, LEAST + ACCOUNT + IMAP.replace("imap.", "IMAP."))
    assert found == (
        "account[2].name: account 1 has the same name; choose another",
        "account[2].imap.user: account 1 has the same user and host; remove one of the two",
    )


def test_notices_by_smtp_go_to_an_own_address_only(tmp_path: Path) -> None:
    smtp = LEAST + '[account.smtp]\nhost = "smtp.example.org"\n[notify]\nby = "smtp"\n'

    assert load(tmp_path, smtp + 'to = "Ada@Example.com"\n').notify.to == "Ada@Example.com"
    for other in ("bob@example.net", "", "ada+*@example.org"):
        assert problems(tmp_path, f'{smtp}to = "{other}"\n')[0].startswith("notify.to: must be one of the owner's own")


def test_smtp_without_a_host_is_none(tmp_path: Path) -> None:
    assert load(tmp_path, LEAST + '[account.smtp]\nhost = ""\n').accounts[0].smtp is None


def test_a_missing_file_says_that_setup_makes_one(tmp_path: Path) -> None:
    with pytest.raises(BadUsage, match=r"run 'mailbot setup'"):
        config.load(tmp_path / "none.toml", {})


def test_a_syntax_error_names_its_line(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, OWNER + "about = \n")
    assert "at line 3" in problem


def test_a_byte_order_mark_is_no_problem(tmp_path: Path) -> None:
    assert load(tmp_path, "\ufeff" + LEAST).owner.name == "Ada"


def test_bytes_that_are_not_utf_8_are_named(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_bytes(b'[owner]\nname = "J\xfcrgen"\n')
    with pytest.raises(BadUsage, match="save the file as UTF-8"):
        config.load(tmp_path / "config.toml", {})


def test_the_environment_names_the_config() -> None:
    assert config.default_path({"MAILBOT_CONFIG": "/etc/mailbot.toml"}) == Path("/etc/mailbot.toml")
    assert config.default_path({}).name == "config.toml"


def test_a_loaded_config_cannot_be_changed(tmp_path: Path) -> None:
    loaded = load(tmp_path, LEAST)
    with pytest.raises(ValueError, match="frozen"):
        loaded.owner.name = "Eve"  # type: ignore[misc]
