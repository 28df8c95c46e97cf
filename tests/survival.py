"""What mailbot must survive: 33 cases of servers, networks, hosts and mails that went wrong for somebody.

The mark ``case(number)`` on a test says that it holds a case. ``python tests/survival.py`` writes the table of what
holds what, ``survival.md``; test_survival keeps it true."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

TESTS = Path(__file__).parent
TABLE = TESTS / "survival.md"

# Where a case has to be played: on a Dovecot, on a server that misbehaves as it is told, inside one process.
REAL, SCRIPTED, INSIDE = "real", "scripted", "inside"
MARKS = {REAL: {"dovecot", "Dovecot"}, SCRIPTED: {"scripted", "Scripted", "Proxy", "Between", "create_server", "wired"}}


@dataclass(frozen=True, slots=True)
class Case:
    """``least``: the ways in which it has to be played; more do no harm."""

    what: str
    least: frozenset[str]


def on(*ways: str) -> frozenset[str]:
    return frozenset(ways)


CASES = {
    1: Case("a flag set by a second client during the work, before IDLE and inside it: one draft each", on(REAL)),
    2: Case("a flag that is pending when IDLE begins is found", on(REAL)),
    3: Case("IDLE: an event before the plus, in its packet, half a line, CRLF split, BYE, NO, BAD", on(SCRIPTED)),
    4: Case("the server closes in IDLE: no busy loop, reconnect with back-off and jitter", on(SCRIPTED)),
    5: Case("the peer stops answering, at every point of the work", on(SCRIPTED)),
    6: Case("killed at every journal step and in every octet class of APPEND: one draft", on(REAL, INSIDE)),
    7: Case("APPEND: no APPENDUID, a wrong one, OK and not there, the double removed by the server", on(SCRIPTED)),
    8: Case("APPEND refused: TRYCREATE, OVERQUOTA, TOOBIG, LIMIT, UNAVAILABLE, BAD, throttled", on(SCRIPTED)),
    9: Case("APPEND of unknown outcome while another client saves and deletes drafts: no double", on(REAL)),
    10: Case("UIDVALIDITY changes of INBOX, Drafts and both, while selected and while offline", on(REAL)),
    11: Case("two folders with one UIDVALIDITY and the same UIDs", on(REAL)),
    12: Case("moved, copied or in two views while under way: one draft", on(REAL, SCRIPTED)),
    13: Case("expunged between SEARCH and FETCH: no line, NIL, a tagged NO", on(REAL, SCRIPTED)),
    14: Case("unflagged, flagged again; the draft deleted, edited, sent", on(REAL)),
    15: Case("two mailbots on one account, on one host and on two", on(REAL)),
    16: Case("keywords refused, read-only, a limit of keywords, the case of a flag changed", on(SCRIPTED)),
    17: Case("no UIDPLUS, UIDNEXT, SPECIAL-USE, NAMESPACE, IDLE; capabilities only after login", on(SCRIPTED)),
    18: Case("SEARCH over 1 MB, split, unsorted, missing, with MODSEQ, as ESEARCH", on(SCRIPTED)),
    19: Case("a large mailbox with 5,000 stars: the first contact is bounded", on(REAL)),
    20: Case("folder names: quotes, backslash, &, umlauts, digits, NIL, blanks, INBOX. prefix", on(REAL, SCRIPTED)),
    21: Case("literals where nobody expects them, 60 MB, answers without text, UID 4294967295", on(SCRIPTED)),
    22: Case("login: wrong, expired, disabled, too many, non-ASCII, a user with a blank", on(SCRIPTED)),
    23: Case("TLS: expired, wrong host, a CA of one's own, STARTTLS stripped or injected into", on(SCRIPTED)),
    24: Case("clock jumps, suspend, no name server, a network that is gone or swallows all", on(INSIDE)),
    25: Case("the parser's poison mails: never out of the worker, parked once, told once", on(INSIDE)),
    26: Case("long ids, 100 references, CRLF in encoded words, 8-bit, IDN, groups, 8,000 recipients", on(INSIDE)),
    27: Case("no Message-ID, one for two mails, one with blanks or brackets", on(REAL, INSIDE)),
    28: Case("an attached mail's words are not the mail's", on(INSIDE)),
    29: Case("a draft that a client edited or sent keeps its thread and is left alone", on(REAL)),
    30: Case("disk full, state locked, archive read-only, SIGTERM in each phase", on(INSIDE)),
    31: Case("no connection is needed while the model thinks", on(SCRIPTED)),
    32: Case("a star on one's own draft, in Drafts, Sent, Trash, Junk, on own mail, on a notice", on(REAL)),
    33: Case("this suite on this Python; keyring absent, failing, locked", on(INSIDE)),
}


@dataclass(frozen=True, order=True, slots=True)
class Test:
    """A test that holds a case, and on what it plays it."""

    file: str
    name: str
    ways: frozenset[str]


@cache
def held() -> Mapping[int, tuple[Test, ...]]:
    """The tests of each number, read from the sources."""
    found: dict[int, list[Test]] = {}
    for path in sorted(TESTS.glob("test_*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in tree.body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                test = Test(path.name, node.name, _ways(node, tree))
                for number in _numbers(node):
                    found.setdefault(number, []).append(test)
    return {number: tuple(sorted(tests)) for number, tests in sorted(found.items())}


def _numbers(node: ast.FunctionDef) -> Iterator[int]:
    for mark in node.decorator_list:
        if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.case":
            yield ast.literal_eval(mark.args[0])


def _ways(test: ast.FunctionDef, tree: ast.Module) -> frozenset[str]:
    """By the names that the test and what it takes from its own file and from conftest come to."""
    known = _defined(_conftest()) | _defined(tree)
    reached, waiting = set[str](), {test.name}
    while waiting:
        name = waiting.pop()
        reached.add(name)
        waiting |= _used(known[name]) - reached if name in known else set()
    ways = frozenset(way for way, names in MARKS.items() if names & reached)
    return ways or frozenset({INSIDE})


def _defined(tree: ast.Module) -> dict[str, ast.AST]:
    return {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}


@cache
def _conftest() -> ast.Module:
    return ast.parse((TESTS / "conftest.py").read_text(encoding="utf-8"))


def _used(node: ast.AST) -> set[str]:
    """The names in it: arguments, which are fixtures, and what is looked up; no annotations."""
    if isinstance(node, ast.arg):
        return {node.arg}
    names = {node.id} if isinstance(node, ast.Name) else {node.attr} if isinstance(node, ast.Attribute) else set()
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        names = {node.value}  # a fixture that another one takes by its name
    types = [id(getattr(node, field, None)) for field in ("annotation", "returns")]
    inner = [child for child in ast.iter_child_nodes(node) if id(child) not in types]
    return names.union(*map(_used, inner))


def table() -> str:
    """All of it as Markdown: a row for each test."""
    rows = ["| case | what | played | held by |", "|---|---|---|---|"]
    for number, case in CASES.items():
        first = f"| {number} | {case.what} |"
        for test in held().get(number, ()):
            rows.append(f"{first} {', '.join(sorted(test.ways))} | `{test.file}` {_words(test.name)} |")
            first = "| | |"
    return "\n".join([*HEAD, *rows]) + "\n"


HEAD = (
    "# What mailbot must survive, and the tests that hold it",
    "",
    "Written by `python tests/survival.py` from the marks `case(number)`; `tests/test_survival.py` keeps it true.",
    "*real*: on a Dovecot; *scripted*: on a server or a line that misbehaves as told; *inside*: in one process.",
    "",
)


def _words(name: str) -> str:
    return name.removeprefix("test_").replace("_", " ")


if __name__ == "__main__":
    TABLE.write_text(table(), encoding="utf-8")
