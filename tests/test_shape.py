"""The architecture, held by reading the sources: who may know whom, which library lives where, how large things get.

Nothing is imported from mailbot here. A rule that fails names the file and what is in it; where the code has a good
reason to differ, the exception stands below, with the reason."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1] / "mailbot"
MODULE_LINES = 300
FUNCTION_LINES = 60

PURE = (
    *(
        "flags",
        "job",
        "doubt",
        "counted",
        "mail",
        "address",
        "language",
        "mention",
        "reply",
        "own",
        "prompt",
        "privacy",
    ),
    *("archive.page", "archive.name", "archive.source", "archive.escape", "archive.frontmatter"),
    *("notices.notice", "notices.waiting"),
    *("setup.server", "setup.providers", "setup.autoconfig", "setup.records", "setup.toml"),
)
EDGES = (
    "imap",
    "archive.store",
    "journal",
    "index",
    "model",
    "smtp",
    "secrets",
    "oauth",
    "lock",
    "bell",
    "systemd",
    "memory",
    "templates",
)
# From the ground up: a module may know those of its own layer and of the layers below, never one above.
LAYERS: tuple[tuple[str, ...], ...] = (
    ("errors", "deadline", "archive", ""),  # "archive" and "" are __init__ files that hold only a docstring
    PURE,
    ("config",),
    EDGES,
    ("purge", "logins", "world"),
    ("notices", "learn"),
    ("bot",),
    ("poller",),
    ("service", "wiring"),
    ("check", "setup"),
    ("demo",),
    ("cli",),
    ("__main__",),
)

# What a pure module may import from outside. Late binding of the clock is caught by CLOCKS.
PURE_LIBRARIES = {
    *(
        "__future__",
        "base64",
        "binascii",
        "bisect",
        "codecs",
        "collections",
        "colorsys",
        "dataclasses",
        "datetime",
        "email",
    ),
    *(
        "enum",
        "fnmatch",
        "hashlib",
        "functools",
        "html",
        "itertools",
        "json",
        "math",
        "re",
        "string",
        "textwrap",
        "typing",
    ),
    *("unicodedata", "zoneinfo"),
    "urllib.parse",
    "jinja2",  # templates of the prompt, in a sandbox, given as text
    "babel",  # the attribution line's date; reads its tables when it is first asked
    "mailparser",  # dates as real mails write them
    "tomlkit",  # a config keeps its comments
    "xml.parsers.expat",  # autoconfig, read without expanding anything
    "yaml",  # front matter is read with the parser that others use
}
CLOCKS = {"now", "today", "utcnow"}
EFFECTS = {"open", "print", "input", "exec", "eval", "__import__", "breakpoint"}

# Each library is spoken to in one place, so that it can be replaced there.
PLACES = {
    "imapclient": "imap",
    "mailparser": "mail.date",
    "smtplib": "smtp",
    "openai": "model",
    "httpx2": "model",
    "pydantic": "config",
    "platformdirs": "config",
    "click": "cli",
    "keyring": "secrets",
    "sqlite3": ("journal", "index"),  # two files: one must never be lost, the other may
    "apscheduler": "service",
    "yaml": "archive.frontmatter",
    "jinja2": "prompt.template",
    "babel": ("reply.quote", "language.named"),  # dates, and what languages are called
    "pymap": "demo.server",
    "oauthlib": "oauth",
    "fcntl": "lock",
    "tomlkit": "setup.toml",
    "dns": "setup.dns",
    "subprocess": "secrets",
}
# Whatever can open a connection. config.value asks a name server whether a model is in the house; systemd writes to a
# socket of this machine only; deadline ends connections of others.
NETWORK = {"socket", "smtplib", "imaplib", "http", "urllib.request", "ftplib", "poplib", "telnetlib", "socketserver"}
NETWORK |= {"asyncio", "dns", "imapclient", "openai", "httpx", "httpx2", "requests", "aiohttp", "xmlrpc"}
CONNECTED = (
    "imap",
    "smtp",
    "model",
    "oauth.authority",
    "config.value",
    "setup.dns",
    "setup.web",
    "systemd",
    "demo",
    "deadline",
)

SHAPELESS = {"manager", "helper", "util", "utility", "handler", "base", "common", "misc", "tool", "shared", "core"}
# mailbot never does these to a mailbox: they change or remove more than its own (RFC 9051, 6.4.1 and 6.4.3).
FORBIDDEN_IMAP = {"expunge", "close_folder", "delete_messages", "delete_folder", "set_flags", "remove_flags", "rename"}
# A bug in one mail, job or round must not stop the others, one in a thread search or in the index not the draft.
BROAD_ALLOWED = (
    *("bot.look", "bot.tick", "bot.gather", "learn.sent", "bot.context", "bot.calls"),
    *("index.notes", "poller", "cli"),
)


@dataclass(frozen=True)
class Module:
    name: str  # without "mailbot.": "bot.tick"; "" is the package itself
    path: Path
    text: str
    tree: ast.Module

    @cached_property
    def _nodes(self) -> tuple[ast.AST, ...]:
        return tuple(ast.walk(self.tree))

    def nodes(self, *kinds: type[ast.AST]) -> Iterator[ast.AST]:
        return (node for node in self._nodes if isinstance(node, kinds))

    @cached_property
    def imports(self) -> set[str]:
        """Full names of what is imported when the program runs; what is only for the types is left out."""
        typing = {id(node) for block in self.nodes(ast.If) if _is_typing(block) for node in ast.walk(block)}
        found: set[str] = set()
        for node in self.nodes(ast.Import, ast.ImportFrom):
            if id(node) in typing:
                continue
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{self.path}: imports are absolute"
                found |= {f"{node.module}.{alias.name}" for alias in node.names}
        return found

    @cached_property
    def own_imports(self) -> set[str]:
        """The modules of mailbot that it imports, named as ``name`` is."""
        names = {m.name for m in modules()}
        inside = {i.removeprefix("mailbot").lstrip(".") for i in self.imports if _in(i, "mailbot")}
        return {i if i in names else i.rpartition(".")[0] for i in inside}

    @property
    def libraries(self) -> set[str]:
        return {i for i in self.imports if not _in(i, "mailbot")}


def _is_typing(block: ast.AST) -> bool:
    return isinstance(block, ast.If) and isinstance(block.test, ast.Name) and block.test.id == "TYPE_CHECKING"


def _in(name: str, *packages: str) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


@cache
def modules() -> tuple[Module, ...]:
    return tuple(_read(path) for path in sorted(ROOT.rglob("*.py")))


def _read(path: Path) -> Module:
    parts = path.relative_to(ROOT).with_suffix("").parts
    name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
    text = path.read_text(encoding="utf-8")
    return Module(name, path, text, ast.parse(text))


def layer(name: str) -> int:
    """The number of the layer. Packages are layers as a whole, ``archive`` alone is split in pure and edge."""
    whole = [number for number, names in enumerate(LAYERS) for n in names if name == n]
    part = [number for number, names in enumerate(LAYERS) for n in names if n not in ("", "archive") and _in(name, n)]
    assert whole or part, f"mailbot/{name}: give it a place in LAYERS"
    return (whole or part)[0]


def pure() -> list[Module]:
    return [module for module in modules() if layer(module.name) == 1]


def called(node: ast.AST) -> str:
    """The last name of what is called: "now" for ``datetime.now()``."""
    assert isinstance(node, ast.Call)
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def test_the_sources_are_read() -> None:
    names = {module.name for module in modules()}

    assert {"", "job", "bot.tick", "imap.session", "archive.store", "cli.once"} <= names


def test_the_map_names_every_package_and_module() -> None:
    (root,) = (module for module in modules() if module.name == "")
    named = set(re.findall(r"^    (\w+(?:\.py|/)) ", ast.get_docstring(root.tree) or "", re.MULTILINE))
    there = {path.name + "/" * path.is_dir() for path in ROOT.iterdir() if not path.name.startswith("_")}

    assert named == there


def test_the_map_of_a_folder_names_every_module_in_it() -> None:
    """A newcomer reads the package first. The command line needs no map: its files are named as its verbs."""
    for package in (m for m in modules() if m.path.name == "__init__.py" and m.name not in ("", "cli", "demo")):
        files = {path for path in package.path.parent.iterdir() if not path.name.startswith("_")}
        there = {path.stem for path in files if path.suffix == ".py"}
        rows = re.findall(r"^ *(\w+) +\S", ast.get_docstring(package.tree) or "", re.MULTILINE)

        assert there - set(rows) == set(), package.path


def test_nobody_knows_a_layer_above() -> None:
    wrong = [(m.name, i) for m in modules() for i in m.own_imports if layer(i) > layer(m.name)]

    assert wrong == []


def test_edges_do_not_know_each_other() -> None:
    def edge(name: str) -> str:
        return next((e for e in EDGES if _in(name, e)), "")

    pairs = [(m.name, i) for m in modules() if edge(m.name) for i in m.own_imports if edge(i)]

    assert [(name, other) for name, other in pairs if edge(name) != edge(other)] == []


def test_pure_modules_import_nothing_that_has_an_effect() -> None:
    wrong = [(m.name, i) for m in pure() for i in m.libraries if not _in(i, *PURE_LIBRARIES)]

    assert wrong == []


def test_pure_modules_ask_no_clock_and_open_nothing() -> None:
    calls = [(m.name, called(node)) for m in pure() for node in m.nodes(ast.Call)]

    assert [(name, call) for name, call in calls if call in CLOCKS | EFFECTS] == []


@pytest.mark.parametrize("library", PLACES)
def test_a_library_is_imported_in_its_place_only(library: str) -> None:
    users = {m.name for m in modules() if any(_in(i, library) for i in m.libraries)}

    assert users, f"nobody imports {library} any more: take it out of PLACES"
    places = PLACES[library] if isinstance(PLACES[library], tuple) else (PLACES[library],)
    assert {name for name in users if not _in(name, *places)} == set()


def test_one_file_knows_mailparser() -> None:
    assert len([m for m in modules() if any(_in(i, "mailparser") for i in m.libraries)]) == 1


def test_only_the_known_edges_can_open_a_connection() -> None:
    users = {m.name for m in modules() for i in m.libraries if _in(i, *NETWORK)}

    assert {name for name in users if not _in(name, *CONNECTED)} == set()


def test_smtp_is_reached_by_notices_only() -> None:
    """The one way out beside IMAP and the model: wiring makes it, and only notices.tell takes it."""
    knowing = {m.name for m in modules() if "smtp" in m.own_imports}
    sending = {m.name for m in modules() for node in m.nodes(ast.Call) if called(node) == "send"}

    assert knowing == {"wiring"}
    assert sending == {"notices.tell"}


def test_passwords_are_read_where_they_are_used() -> None:
    assert {m.name for m in modules() if "secrets" in m.own_imports} == {
        "wiring",
        "cli.secret",
        "cli.setup.login",
        "cli.setup.owner",
    }


def test_no_command_removes_what_is_not_ours() -> None:
    calls = [(m.name, called(node)) for m in modules() for node in m.nodes(ast.Call)]

    assert [(name, call) for name, call in calls if call in FORBIDDEN_IMAP] == []
    changing = {"uid_expunge", "create_folder", "subscribe_folder", "add_flags", "copy"}
    assert {name for name, call in calls if call in changing and _in(name, "imap")} == {"imap.effects"}
    assert {name for name, call in calls if call == "uid_expunge"} == {"imap.effects"}  # after a COPY, of one UID
    assert {name for name, call in calls if call == "move" and not _in(name, "imap")} == {
        "bot.read_back",
        "check.trial",
    }


def test_exceptions_are_caught_by_name() -> None:
    for module in modules():
        for node in module.nodes(ast.ExceptHandler):
            assert isinstance(node, ast.ExceptHandler)
            where = f"{module.path}:{node.lineno}"
            assert node.type is not None, f"{where}: except without a name"
            names = {n.id for n in ast.walk(node.type) if isinstance(n, ast.Name)}
            assert "Exception" not in names or _in(module.name, *BROAD_ALLOWED), f"{where}: except Exception"
            if "BaseException" in names:
                assert isinstance(node.body[-1], ast.Raise), f"{where}: except BaseException has to raise it again"


def test_only_the_command_line_prints() -> None:
    calls = {m.name for m in modules() for node in m.nodes(ast.Call) if called(node) in ("print", "echo", "exit")}

    assert {name for name in calls if not _in(name, "cli")} == set()


def test_a_module_fits_in_a_head() -> None:
    lengths = {m.name: len(m.text.splitlines()) for m in modules()}

    assert {name: lines for name, lines in lengths.items() if lines > MODULE_LINES} == {}


def test_a_function_fits_on_a_screen() -> None:
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    found = [(m.name, f) for m in modules() for f in m.nodes(*functions) if isinstance(f, functions)]
    lengths = {f"{name}.{f.name}": (f.end_lineno or f.lineno) - f.lineno + 1 for name, f in found}

    assert {name: lines for name, lines in lengths.items() if lines > FUNCTION_LINES} == {}


def test_a_module_is_named_after_what_it_is() -> None:
    words = {m.name: set(m.name.replace("_", ".").split(".")) for m in modules()}
    endings = {word + end for word in SHAPELESS for end in ("", "s")}

    assert sorted(name for name, parts in words.items() if parts & endings) == []


def test_every_module_says_what_it_is() -> None:
    assert [str(m.path) for m in modules() if not ast.get_docstring(m.tree)] == []
