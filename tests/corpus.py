"""A directory of mails, each taken from its octets to its draft and its page: nothing may fail, hang, grow or get lost.

    python tests/corpus.py DIRECTORY        (make corpus CORPUS=DIRECTORY)

Every file below the directory is taken for a mail, one in mbox form for several; a large one is tried a second time as
the beginning that is fetched of it. Prints the figures, and ends with 1 when a promise was broken. One process, no
network. Other people's mails are no part of this repository: bring your own, or a public corpus."""

from __future__ import annotations

import argparse
import re
import resource
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from zoneinfo import ZoneInfo

from making import make_account, make_identity, make_owner
from markdown_it import MarkdownIt
from reading_back import ReadBack

from mailbot import templates
from mailbot.address.compare import fold
from mailbot.archive import frontmatter
from mailbot.archive.page import Page, render
from mailbot.archive.source import render_source, shown
from mailbot.bot.fetch import FETCH_LIMIT
from mailbot.errors import Refused
from mailbot.language import language
from mailbot.mail import quote
from mailbot.mail.mail import Mail
from mailbot.mail.parse import parse
from mailbot.mail.quote import Split
from mailbot.prompt import build, outline
from mailbot.prompt.wanted import Wanted
from mailbot.reply import answerable, compose, identity, recipients
from mailbot.reply.draft import Draft
from mailbot.reply.identity import Voice
from mailbot.reply.recipients import Recipients

SECONDS = 2.0  # of CPU for one mail, as the contract promises
MEGABYTES = 200  # of memory beyond what the process takes without mails, likewise
GIVE_UP = 60  # seconds of CPU after which a mail counts as one that hangs
VIEWED = 20_000  # characters of a page that a viewer is shown; the viewer is not part of mailbot, and slower
NAMED = 20  # mails that are named for one broken promise
NOW = datetime(2026, 1, 7, 9, 0, tzinfo=UTC)
ZONE = ZoneInfo("Europe/Berlin")
ACCOUNT = make_account(identities=(make_identity("ada@example.com", signature="Ada\nExample Ltd"),))
TEMPLATES = templates.read("")
OWNER = make_owner(signature="Ädä\nExample")
# What may be active on a page: text, and the headings, rules, lists and emphasis of mailbot's own words.
ACTIVE = {"paragraph_open", "paragraph_close", "inline", "text", "text_special", "hardbreak", "softbreak", "entity"}
ACTIVE |= {"heading_open", "heading_close", "hr", "strong_open", "strong_close", "em_open", "em_close"}
ACTIVE |= {"bullet_list_open", "bullet_list_close", "list_item_open", "list_item_close"}

# Where the next mail of an mbox begins, as its programs write it: a blank line, an envelope, a field.
_ENVELOPE = re.compile(rb"\n\r?\n(?=From [^\n]{1,200} (?:19|20)[0-9]{2}\r?\n[!-9;-~]{1,60}:)")
_VIEWER = MarkdownIt("commonmark").enable(["table", "strikethrough"])


@dataclass(frozen=True)
class Made:
    """What became of one mail. ``draft`` is None when it gets none."""

    mail: Mail
    split: Split
    to: Recipients
    draft: Draft | None
    page: str
    source: str


Make = Callable[[bytes], Made]


@dataclass
class Tally:
    """What was tried, and which mails broke which promise."""

    tried: int = 0
    drafts: int = 0
    without_draft: int = 0
    slowest: float = 0.0  # seconds of CPU
    largest: float = 0.0  # megabytes beyond what the process took before the first mail
    broken: dict[str, list[str]] = field(default_factory=dict)

    @property
    def reached(self) -> bool:
        return self.tried > 0 and not self.broken

    def blame(self, promise: str, name: str) -> None:
        self.broken.setdefault(promise, []).append(name)


def mails(directory: Path) -> Iterator[tuple[str, bytes]]:
    """Every mail below the directory, under a name that finds it again."""
    for path in sorted(path for path in directory.rglob("*") if path.is_file()):
        found = _ENVELOPE.split(path.read_bytes())
        for number, raw in enumerate(found, start=1):
            name = f"{path.relative_to(directory)}" + (f" #{number}" if len(found) > 1 else "")
            yield name, raw
            if len(raw) > FETCH_LIMIT:
                yield f"{name}, its beginning", raw[:FETCH_LIMIT]


def run(found: Iterable[tuple[str, bytes]], make: Make) -> Tally:
    """Tries every mail, measures it, and compares what was made of it with what it says."""
    tally = Tally()
    signal.signal(signal.SIGVTALRM, _give_up)
    before = megabytes()
    for name, raw in found:
        tally.tried += 1
        began, peak = time.process_time(), megabytes()
        signal.setitimer(signal.ITIMER_VIRTUAL, GIVE_UP)
        try:
            made = make(raw)
        except Exception as error:
            tally.blame("no exception", f"{name}: {error!r:.200}")
            continue
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        spent, grown = time.process_time() - began, megabytes()
        tally.slowest, tally.largest = max(tally.slowest, spent), grown - before
        if spent > SECONDS:
            tally.blame(f"under {SECONDS:.0f} s of CPU", f"{name}: {spent:.1f} s")
        if grown > max(peak, before + MEGABYTES):
            tally.blame(f"under {MEGABYTES} MB", f"{name}: {grown - before:.0f} MB")
        _compare(name, made, tally)
    return tally


def _give_up(signum: int, frame: FrameType | None) -> None:
    raise TimeoutError(f"not done after {GIVE_UP} s of CPU")


def megabytes() -> float:
    """The most memory that this process ever had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def draft_and_page(raw: bytes) -> Made:
    """One mail, as the bot takes it from its octets to what it stores."""
    mail = parse(raw)
    split = quote.split(mail.text, mail.subject)
    verdict, to = answerable.check(mail, ACCOUNT), recipients.choose(mail, ACCOUNT)
    voice = identity.choose(mail, ACCOUNT, OWNER)
    spoken = language.spoken(split.fresh, mail.text, voice.language)
    answer = outline.write(mail=mail, fresh=split.fresh, voice=voice, correspondent="", language=spoken)
    draft = None if verdict.refusal else _draft(mail, to, voice, answer.reply, spoken)
    if draft:
        _prompt(mail, split, voice, to)
    remarks = tuple(filter(None, (*verdict.remarks, *to.remarks, verdict.refusal)))
    page = _page(mail, to, answer.reply if draft else "", answer.summary, remarks)
    return Made(mail, split, to, draft, page, render_source(mail, "INBOX", ZONE))


def _draft(mail: Mail, to: Recipients, voice: Voice, reply: str, spoken: str) -> Draft:
    return compose.compose(
        voice=voice,
        mail=mail,
        recipients=to,
        reply=reply,
        account_address=ACCOUNT.address,
        generation=1,
        language=spoken,
        quote="below",
        now=NOW,
        zone=ZONE,
    )


def _prompt(mail: Mail, split: Split, voice: Voice, to: Recipients) -> None:
    build.build(
        Wanted(mail=mail, fresh=split.fresh, history=split.history, to=to.to, cc=to.cc),
        voice=voice,
        addresses=identity.owner_addresses(ACCOUNT),
        now=NOW.astimezone(ZONE),
        nonce="nonce",
        context_tokens=16_000,
        shape="schema",
        templates=TEMPLATES,
    )


def _page(mail: Mail, to: Recipients, reply: str, summary: str, remarks: tuple[str, ...]) -> str:
    return render(
        Page(
            status="pending" if reply else "skipped",
            created=NOW,
            urgency="normal",
            to=shown(to.to),
            cc=shown(to.cc),
            from_="",
            subject=mail.subject,
            correspondent=shown(mail.from_[:1]),
            title=mail.subject,
            key_points=(mail.subject,),
            reply=reply,
            summary=summary,
            remarks=remarks,
            source_file="",
            prompt_file="",
            ai_model="outline",
            ai_temperature=None,
            account="home",
            message_id=mail.message_id,
            draft_message_id="",
            generation=1,
        )
    )


def _compare(name: str, made: Made, tally: Tally) -> None:
    if _words(made.split) != sorted(word for word in made.mail.text.split() if word != "--"):
        tally.blame("every word of a text is new, quoted or signature", name)
    meant = {"subject": made.mail.subject, "message_id": made.mail.message_id}
    if not _is_text(made.page, {**meant, "to": shown(made.to.to)}):
        tally.blame("a page says what was meant, and nothing in it is active", name)
    if not _is_text(made.source, {**meant, "from": shown(made.mail.from_)}):
        tally.blame("a source says what was meant, and nothing in it is active", name)
    if made.draft is None:
        tally.without_draft += 1
        return
    tally.drafts += 1
    try:
        compose.gate(made.draft)
    except Refused as error:
        tally.blame("the gate lets every draft through", f"{name}: {error.reason}")
    if not _reads_back(made.draft):
        tally.blame("the standard library reads a draft as it was meant", name)


def _words(split: Split) -> list[str]:
    """All words but the mark of a signature, which belongs to no part."""
    return sorted(
        word for part in (split.fresh, split.history, split.signature) for word in part.split() if word != "--"
    )


def _is_text(file: str, meant: dict[str, str]) -> bool:
    """Whether the front matter loads back to what was meant, and a viewer finds nothing but text in the body."""
    parts, keys = frontmatter.split(file), frontmatter.load(file) or {}
    if parts is None or any(keys.get(key) != value for key, value in meant.items()):
        return False
    tokens = _VIEWER.parse(parts[1][:VIEWED])
    return {inner.type for token in tokens for inner in (token, *(token.children or ()))} <= ACTIVE


def _reads_back(draft: Draft) -> bool:
    back = ReadBack(draft.raw)
    people = (("From", (draft.from_,)), ("To", draft.to), ("Cc", draft.cc))
    return (
        all(list(map(fold, back.specs(name))) == [fold(address.email) for address in meant] for name, meant in people)
        and (back.subject, back.message_id) == (draft.subject, draft.message_id)
        and (back.in_reply_to, tuple(back.references)) == (draft.in_reply_to, draft.references)
        and back.body == draft.text
    )


def table(tally: Tally) -> str:
    """The figures, one on a line, and below them the mails that broke a promise."""
    rows = {
        "mails tried": f"{tally.tried:,}",
        "drafts made": f"{tally.drafts:,}",
        "mails without a draft": f"{tally.without_draft:,}",
        "slowest": f"{tally.slowest:.2f} s of CPU",
        "most memory": f"{tally.largest:.0f} MB",
        "promises broken": f"{sum(map(len, tally.broken.values())):,}",
    }
    lines = [f"{name:<22}{value}" for name, value in rows.items()]
    for promise, names in tally.broken.items():
        lines += [f"\n{promise}: {len(names):,} did not", *(f"  {name}" for name in names[:NAMED])]
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description="every mail of a directory, from its octets to a draft and a page")
    parser.add_argument("directory", type=Path)
    tally = run(mails(parser.parse_args().directory), draft_and_page)
    print(table(tally))
    return 0 if tally.reached else 1


if __name__ == "__main__":
    sys.exit(main())
