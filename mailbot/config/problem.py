"""What is wrong in a config, in sentences for the person who wrote it: where, what, and what to do.

Owns the wording and the checks that span several tables, which work on the file as read, so that one wrong value does
not hide another problem. Refuses to know pydantic and never repeats a value: it may be a secret.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

Location = tuple[str | int, ...]

_SECRETS = frozenset({"password", "passwd", "pass", "passphrase", "secret", "client_secret", "key", "api_key", "token"})
_SECRETS |= {"access_token", "refresh_token"}
NO_ACCOUNT = "there is no account; add an [[account]] table as in config.example.toml"
_WRONG_TYPE = {
    "string_type": 'must be text in quotes, such as "text"',
    "int_type": "must be a whole number, without quotes",
    "float_type": "must be a number, without quotes",
    "bool_type": "must be true or false, without quotes",
    "path_type": 'must be a path in quotes, such as "~/Mailbot"',
    "tuple_type": 'must be a list, such as ["one", "two"]',
    "string_too_short": "must not be empty; fill it in",
    "too_short": "must not be empty; fill it in, or remove it",
    "finite_number": "must be a number, without quotes",
}
_LIMIT = {
    "greater_than_equal": ("ge", "must be at least {}"),
    "less_than_equal": ("le", "must be at most {}"),
    "greater_than": ("gt", "must be more than {}"),
}


def tuples(value: Any) -> Any:
    """The same tables with tuples for lists, all the way down."""
    if isinstance(value, dict):
        return {key: tuples(inner) for key, inner in value.items()}
    return tuple(map(tuples, value)) if isinstance(value, list) else value


def path(location: Location, tables: Any) -> str:
    """A place as a person finds it: ``account[home].imap.port``; an account without a good name by its number."""
    text = ""
    for step in location:
        if isinstance(step, str):
            text += f".{step}" if text else step
            tables = tables.get(step) if isinstance(tables, dict) else None
            continue
        tables = tables[step] if isinstance(tables, tuple) and step < len(tables) else None
        name = tables.get("name") if isinstance(tables, dict) else None
        named = text == "account" and isinstance(name, str) and name.replace("-", "").isalnum()
        text += f"[{name if named else step + 1}]"
    return text


def secrets(tables: Mapping[str, Any]) -> tuple[str, ...]:
    """A problem for each secret that stands in the config itself."""
    return tuple(_secret(place, tables) for place in _places(tables) if place[-1] in _SECRETS)


def _places(value: Any, start: Location = ()) -> Iterable[Location]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield (*start, key)
            yield from _places(inner, (*start, key))
    elif isinstance(value, tuple):
        for number, inner in enumerate(value):
            yield from _places(inner, (*start, number))


def _secret(place: Location, tables: Any) -> str:
    if "model" in place:
        name, keys = "model", "api_key_file or api_key_command"
    else:
        account = path(place[:2], tables).partition("[")[2].rstrip("]") if place[0] == "account" else "ACCOUNT"
        name = f"{account or 'ACCOUNT'}.{'smtp' if 'smtp' in place else 'imap'}"
        keys = "password_file or password_command"
    advice = f"remove it, then run 'mailbot secret set {name}' or use {keys}"
    return f"{path(place, tables)}: a secret must not stand here; {advice}"


def across(tables: Mapping[str, Any]) -> tuple[str, ...]:
    """The problems between accounts, and between them and ``[notify]``."""
    accounts = tables.get("account")
    rows = [row for row in accounts if isinstance(row, dict)] if isinstance(accounts, tuple) else []
    return (*_doubles(rows), *_sign_ins(rows), *_notify(tables.get("notify"), rows), *_kept(tables))


def _table(row: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    inner = row.get(key)
    return inner if isinstance(inner, dict) else {}


def _kept(tables: Mapping[str, Any]) -> Iterable[str]:
    """Without its rows nobody knows whether the owner wrote in a page, so it would stay for ever."""
    jobs, pages = _table(tables, "state").get("keep_jobs_days"), _table(tables, "archive").get("keep_pages_days")
    if isinstance(jobs, int) and isinstance(pages, int) and 0 < jobs < pages:
        yield "state.keep_jobs_days: must be at least archive.keep_pages_days, or 0 for ever"


def _doubles(rows: list[dict[str, Any]]) -> Iterable[str]:
    names: dict[str, int] = {}
    mailboxes: dict[tuple[str, str], int] = {}
    for number, row in enumerate(rows, 1):
        imap = _table(row, "imap")
        name, host, user = str(row.get("name", "")), str(imap.get("host", "")), imap.get("user") or row.get("address")
        first = names.setdefault(name, number)
        if name and first != number:
            yield f"account[{number}].name: account {first} has the same name; choose another"
        first = mailboxes.setdefault((str(user), host.lower()), number)
        if user and host and first != number:
            yield f"account[{number}].imap.user: account {first} has the same user and host; remove one of the two"


def _sign_ins(rows: list[dict[str, Any]]) -> Iterable[str]:
    """The keys that are only for xoauth2."""
    for number, row in enumerate(rows):
        imap = _table(row, "imap")
        place = partial(_imap_path, number, rows)
        if imap.get("auth") != "xoauth2":
            if imap.get("token_command"):
                yield f'{place("token_command")}: is only used with auth = "xoauth2"; set that, or use password_command'
            if imap.get("client_id"):
                yield f'{place("client_id")}: is only used with auth = "xoauth2"; set that, or remove it'
        elif imap.get("client_id") and imap.get("token_command"):
            yield f"{place('token_command')}: is not used beside client_id; remove one of the two"
        if imap.get("authority") and not imap.get("client_id"):
            yield f"{place('authority')}: is only used with client_id; add that, or remove it"


def _imap_path(number: int, rows: list[dict[str, Any]], key: str) -> str:
    return path(("account", number, "imap", key), {"account": tuple(rows)})


def _notify(notify: Any, rows: list[dict[str, Any]]) -> Iterable[str]:
    if isinstance(notify, dict) and notify.get("by") == "off" and notify.get("digest"):
        yield 'notify.digest: nothing is sent with by = "off"; choose another, or remove the digest'
    if not isinstance(notify, dict) or notify.get("by") != "smtp":
        return
    own = {str(row.get("address", "")).lower() for row in rows}
    for row in rows:
        aliases = row.get("aliases", ())
        own |= {str(alias).lower() for alias in (aliases if isinstance(aliases, tuple) else ())}
    if "*" in str(notify.get("to", "")) or str(notify.get("to", "")).lower() not in own:
        yield "notify.to: must be one of the owner's own addresses, as written under address or aliases of an account"
    if not any(_table(row, "smtp").get("host") for row in rows):
        yield 'notify.by: no account has [account.smtp] with a host; add it, or write by = "inbox"'


def sentences(
    details: Iterable[Mapping[str, Any]], tables: Any, keys: Callable[[Location], tuple[str, ...]]
) -> list[str]:
    """pydantic's list of errors in our words; secrets are left out, ``secrets`` names them."""
    return [
        f"{path(detail['loc'], tables)}: {_what(detail, keys)}"
        for detail in details
        if not (detail["type"] == "extra_forbidden" and detail["loc"][-1] in _SECRETS)
    ]


def _what(detail: Mapping[str, Any], keys: Callable[[Location], tuple[str, ...]]) -> str:
    kind, last, context = detail["type"], detail["loc"][-1], detail.get("ctx", {})
    if kind == "value_error":
        return str(context["error"])
    if kind in _LIMIT:
        key, text = _LIMIT[kind]
        return text.format(f"{context[key]:g}")
    if kind == "literal_error":
        return f"must be one of {context['expected']}".replace("'", '"')
    if kind == "missing":
        return NO_ACCOUNT if detail["loc"] == ("account",) else "is missing; add it"
    if kind == "extra_forbidden":
        near = difflib.get_close_matches(str(last), keys(detail["loc"][:-1]), 1, 0.5)
        return f"is not a key of mailbot; {f'did you mean {near[0]}?' if near else 'remove it'}"
    if kind in ("model_type", "model_attributes_type", "dict_type"):
        return f"must be a table, such as [{last if isinstance(last, str) else 'account'}]"
    return _WRONG_TYPE.get(kind, f"cannot be used ({detail['msg']}); compare config.example.toml")
