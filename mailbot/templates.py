"""The prompt's templates as files: mailbot's own, and those of the owner, which win.

Read anew for each prompt, so that what the owner changes holds for the next draft. Refuses to know what may stand in
one (``prompt.template``).
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from mailbot.errors import OwnerMustAct
from mailbot.prompt.template import KIND, NAMES, Template, Templates

FOLDER = Path(__file__).parent / "prompt" / "templates"  # mailbot's own
SUFFIX = ".jinja"
LARGEST = 100_000  # octets of a file
HINT = "Correct prompt.folder in the config, or what is in that folder"


def read(folder: str) -> Templates:
    """Every template, the owner's where ``folder`` has one ("": nowhere). Raises OwnerMustAct (kind "prompt")."""
    if not folder:
        return _own()
    try:
        files = {path.stem: path for path in sorted(Path(folder).iterdir()) if path.suffix == SUFFIX}
        read = {name: Template(str(path), _text(path)) for name, path in files.items() if name in NAMES}
    except OSError as error:
        reason = f"The prompt's templates in {folder} cannot be read ({error.strerror or type(error).__name__})"
        raise OwnerMustAct(KIND, reason, HINT) from error
    if unknown := sorted(files.keys() - set(NAMES)):
        there = ", ".join(name + SUFFIX for name in NAMES)
        raise OwnerMustAct(KIND, f"{files[unknown[0]]} is no template of mailbot's", f"The names are {there}")
    return {**_own(), **read}


@cache
def _own() -> Templates:
    files = {name: FOLDER / (name + SUFFIX) for name in NAMES}
    return {name: Template(str(path), path.read_text(encoding="utf-8")) for name, path in files.items()}


def _text(path: Path) -> str:
    with path.open("rb") as file:
        data = file.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise OwnerMustAct(KIND, f"The template {path} is larger than {LARGEST // 1000} kB", "Shorten it")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise OwnerMustAct(KIND, f"The template {path}, line {line}: is not UTF-8", "Save it as UTF-8") from None
