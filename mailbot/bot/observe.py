"""What carries a flag now, and what that means for the jobs: looks at every watched folder, then records all in one
transaction, so that a look is taken over whole or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass, field

from mailbot import flags
from mailbot.bot import look
from mailbot.bot.look import Past, View
from mailbot.counted import counted
from mailbot.flags import Meaning, Sighting
from mailbot.imap import settled
from mailbot.imap.wire import Wire
from mailbot.job import OPEN, Job, Mark, State
from mailbot.notices import trouble
from mailbot.world import World, log

FOLDERS = "folders"


@dataclass(slots=True)
class Seen:
    """What an observation found. ``everywhere``: there was no folder that could not be looked at."""

    everywhere: bool = True
    remembered: int = 0
    asked: list[str] = field(default_factory=list)  # job ids
    held: list[str] = field(default_factory=list)


def observe(world: World, wire: Wire, *, include_existing: bool = False) -> Seen:
    """Looks and records. Errors of the wire pass through: nothing is recorded then."""
    unread = {world.account.sent, world.account.trash}  # a flag in there means nothing, also when one comes back
    watched = (*wire.roles.watched, *(f for f in wire.roles.missing if f not in unread))
    shut: list[str] = []
    for folder in wire.roles.missing:
        if folder in unread:
            look.open_one(world, wire, folder, shut)
    opened = look.open_all(world, wire, watched, shut, search=include_existing)
    if not opened and not shut:
        return Seen()
    known = world.journal.stars.folders(world.key)
    aside = world.journal.facts.get("aside", world.key) if not known else None
    past = Past(known, lost=not known and (bool(aside) or _has_pages(world)))
    seen_in = [look.view(world, wire, found, past, shut, existing=include_existing) for found in reversed(opened)]
    views = [view for view in seen_in if view is not None]
    if any(shut):
        trouble.begin(world, FOLDERS, "; ".join(filter(None, shut)), "Correct folders under [[account]] in the config")
    seen = Seen(everywhere=not shut)
    with world.journal.transaction():
        if aside:
            hint = f"It is kept as {aside['kept']}. Stars of unknown age are held: mailbot release --all drafts them"
            trouble.begin(world, trouble.ASIDE, f"{aside['reason']}; mailbot began a new one", hint)
            world.journal.facts.put("aside", world.key, None)
        for view in views:
            world.journal.stars.look(world.key, view.look.folder, view.look.uidvalidity)
            _fallen(world, view)
        _risen(world, views, seen, include_existing=include_existing)
        if not include_existing:
            _hold_burst(world, seen)
        if seen.held:
            _tell_held(world)
    for view in views:
        changed = bool(view.new or view.gone)
        if view.whole and wire.settled.searched(view.look.folder, view.count, world.now(), changed=changed):
            _suspect(world, wire, view)
    return seen


def _tell_held(world: World) -> None:
    held = sum(job.account == world.key for job in world.journal.held_jobs())
    are = "is" if held == 1 else "are"
    hint = "mailbot release --all drafts what is held, mailbot release ID one of it"
    trouble.begin(world, trouble.HELD, f"{counted(held, 'flagged mail')} {are} held", hint)


def _suspect(world: World, wire: Wire, view: View) -> None:
    """What the search found, the count did not tell. It is wrong, unless the change came between the two."""
    folder = view.look.folder
    if wire.session.ask_counts([folder])().get(folder) == view.count:
        log.warning("account=%s folder=%r miscounted=True", world.account.name, folder)
        wire.settled.miscounted(folder)
        world.journal.facts.put(settled.SCOPE + world.key, folder, world.now())


def _has_pages(world: World) -> bool:
    return any(keys.get("account") == world.account.name for _, keys in world.store.pages())


def _fallen(world: World, view: View) -> None:
    """Flags that were there at the last look and are not now. In Gmail's starred view a star that was taken away and
    set again has a new UID; between two looks that is the same flag."""
    back = {world.journal.stars.first_of(world.key, s.key, s.twin) for s in view.new}
    for uid, flags_now in view.gone.items():
        key = view.known[uid]
        world.journal.stars.forget_place(world.key, view.look.folder, uid)
        if key in back or not flags.is_unflagged(flags_now, world.account.flag):
            continue
        world.journal.stars.unflagged(world.key, key)
        for job in world.journal.generations(world.key, key)[-1:]:
            unasked = not job.shape or bool(job.waits_for)  # what waits has no answer coming
            if job.state is State.HELD or (job.state is State.NEW and unasked):
                world.record(job, "cancelled", reason="you took the flag away before the draft was made")


def _risen(world: World, views: Sequence[View], seen: Seen, *, include_existing: bool) -> None:
    """Flags at places that were not known."""
    asked: dict[str, tuple[Sighting, Job]] = {}
    for view in views:
        for sighting in view.new:
            key = world.journal.stars.first_of(world.key, sighting.key, sighting.twin)
            memory = world.journal.stars.memory(world.key, key)
            what, why = flags.meaning(sighting, memory, view.contact, include_existing=include_existing)
            world.journal.stars.flagged_at(world.key, key, sighting.twin, sighting.place)
            if what is Meaning.REMEMBERED:
                seen.remembered += 1
            elif what is Meaning.MOVED:
                _follow(world, key, sighting)
            else:
                again = memory.state is State.CANCELLED and memory.generation > 0
                earlier = max(memory.generation, sighting.drafted)  # the keyword: another copy made a first draft
                job = _begin(world, key, earlier + 1, sighting, view.sent, what, why, not (include_existing or again))
                (seen.asked if what is Meaning.ASKED else seen.held).append(job.id)
                if what is Meaning.ASKED:
                    asked[sighting.key] = (sighting, job)
    for key, chosen in flags.together([sighting for sighting, _ in asked.values()]).items():
        job = asked[key][1]
        world.record(job, "skipped", reason=f"answered together with “{chosen.subject}” from {chosen.sender}")
        seen.asked.remove(job.id)


def _begin(
    world: World, key: str, generation: int, s: Sighting, sent: Mark | None, what: Meaning, why: str, limited: bool
) -> Job:
    job = world.journal.begin(
        "asked" if what is Meaning.ASKED else "held",
        world.now(),
        account=world.key,
        key=key,
        generation=generation,
        place=astuple(s.place),
        sent=astuple(sent) if sent else None,
        was_answered=s.answered,
        limited=limited,
        reason="" if what is Meaning.ASKED else why,
        mail={"from": s.sender, "subject": s.subject, "message_id": s.message_id, "twin": s.twin},
    )
    log.info("account=%s job=%s event=%s generation=%d reason=%r", world.account.name, job.id, what, generation, why)
    return job


def _follow(world: World, key: str, sighting: Sighting) -> None:
    """The mail of a job is at another place now."""
    for job in world.journal.generations(world.key, key)[-1:]:
        if job.state is State.HELD or job.state in OPEN:
            world.record(job, "moved", place=astuple(sighting.place))


def _hold_burst(world: World, seen: Seen) -> None:
    """Too many new flags at once are rather a rule or a slip than wishes: what the model has not seen yet is held."""
    if not seen.asked:
        return
    times = world.journal.asked_since(world.key, world.now() - flags.BURST_WINDOW)
    if not flags.is_burst(times, world.now(), world.config.schedule.hold_above):
        return
    for job in world.journal.open_jobs(world.key):
        if job.state is State.NEW and job.limited and not job.shape:
            world.record(job, "held", reason=flags.BURST)
            seen.held.append(job.id)
    seen.asked.clear()
