"""The mail of a job and how its reply is addressed: as which of the owner's addresses, and to whom."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

from mailbot.archive.source import shown
from mailbot.bot import context
from mailbot.job import Job
from mailbot.mail import parse
from mailbot.mail.mail import Address, Mail
from mailbot.reply import compose, identity, recipients
from mailbot.reply.identity import Voice
from mailbot.reply.recipients import Recipients
from mailbot.reply.subject import reply_subject
from mailbot.world import World

READ = 8  # mails that are kept as they were read, until others come: a draft needs its own four times, for 5 ms each


@dataclass(frozen=True, slots=True)
class Addressed:
    """``known`` are those who may get the reply and whom the owner had written to before: the recipients were chosen by
    it."""

    mail: Mail
    voice: Voice
    recipients: Recipients
    known: tuple[str, ...]

    def envelope(self, world: World, job: Job) -> dict[str, str]:
        """From, To, Cc, Subject and Message-ID as the draft will have them, as text for people and lists."""
        domain = self.voice.address.rpartition("@")[2]
        to = self.recipients
        return {
            "from": shown([Address(self.voice.name, self.voice.address)]),
            "to": shown(to.to),
            "correspondent": ", ".join(a.name or a.email for a in to.to or self.mail.from_),
            "cc": shown(to.cc),
            "subject": reply_subject(self.mail.subject),
            "draft_message_id": compose.draft_id(world.account.address, job.key, job.generation, domain),
        }


def of(world: World, job: Job) -> Addressed:
    """The same at each call, once the job has its names: whom the owner knows is asked of the index only once, since
    what it says may change."""
    mail = kept_mail(world, job)
    known = job.known if job.names else context.known(world, mail)
    voice = identity.choose(mail, world.account, world.config.owner)
    return Addressed(mail, voice, recipients.choose(mail, world.account, known), known)


def kept_mail(world: World, job: Job) -> Mail:
    """The mail as it was fetched. Raises IllegalEvent as ``World.kept`` does."""
    # The key is the job's, also where a second delivery stands in: the draft's id follows from it.
    return replace(read(world.kept(job, "mail"), job.truncated, job.reduced), key=job.key)


@lru_cache(maxsize=READ)
def read(raw: bytes, truncated: bool, reduced: bool) -> Mail:
    """A fetched mail."""
    return parse.parse(raw, truncated=truncated, reduced=reduced)
