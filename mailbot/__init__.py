"""mailbot: a flag on a mail becomes a reply in Drafts. It never sends.

The straight line::

    flag -> fetch -> parse -> may we? -> thread -> prompt -> model -> reply -> intent -> APPEND -> page -> keyword

Where to find what. The way of one mail::

    service.py           the scheduler, a thread for each account, IDLE, an orderly stop
    poller/              one account, kept going: rounds, and what runs beside them
    bot/                 from flag to draft, step by step: the only place where pure and edge meet
    flags.py      pure   what a flag means: asked, held, moved, released, unflagged
    job/          pure   every state, event and transition in one table; from events to a job; the next step
    doubt.py      pure   what an APPEND of unknown outcome means

A mail, read, and its reply, asked for and written::

    mail/         pure   a mail, read: parse, visible text, quoted history, thread
    address/      pure   who is who: when two addresses are the same, who may read what, lookalikes
    language/     pure   which language a text is in, and whether a reply is in that of its mail
    mention/      pure   what a text names: links, accounts, days, numbers, whatever their form
    own/          pure   what the owner wrote before: mails in Sent and notes, how they are read, which are shown
    privacy/      pure   who may see what of a mail: the owner's rules, the thread, a prompt that is asked again
    prompt/       pure   what is asked of the model and what is read from its answer; the outline writer
    reply/        pure   a mail, written: may we, to whom, from which address, the bytes

The edges, and what is kept::

    imap/         edge   the wire: session, folders, idle
    model/        edge   the model's server
    journal/      edge   the list of events, on disk before its effect; what was last seen of each folder
    archive/             page (pure) is what a file says, store (edge) writes it whole or not at all
    index/        edge   what can be found again of the owner's own texts; may be lost at any time
    templates.py  edge   the prompt's templates as files, mailbot's own and the owner's
    smtp.py       edge   a notice to the owner, and to nobody else
    secrets.py    edge   passwords and keys, read anew at each use
    oauth/        edge   a sign-in in place of a password: tokens, kept and refreshed
    lock.py       edge   one mailbot for one mailbox
    bell.py       edge   a word from the command line to the mailbot that runs
    systemd.py    edge   ready, alive, ending: what systemd is told
    memory.py     edge   one store of free memory for all threads

Beside the way::

    learn/               what is learnt beside the drafts: from Sent, from notes, and where mails are filed
    notices/             what the owner must know, told once: trouble, and the digest; the mails for that (pure)
    purge/               forgetting a person, a mail, or what is old: pages, prompts, sources, rows, samples

Around it::

    cli/                 one verb per file; the only place that prints and sets exit codes
    setup/               from an address to a config that works
    check/               proves each thing that the job needs
    demo/                a mailbox in memory, and the real job on it
    config/              the config file, every problem at once
    wiring.py            puts the parts together
    world.py             what one account's bot works with: the config, the edges, the clock
    logins.py            no login with a secret that was refused three times
    deadline.py          a time that holds in all, for connections that are waited for
    counted.py    pure   numbers of things, as people say them
    errors.py            the kinds of trouble, by who must act

Pure modules see no clock, randomness, files, network or logging; edges do not import each other. A test holds the
arrows.

The words: a *mail* is theirs, a *draft* is ours. The *mail key* says who a mail is, a *place* (folder, UIDVALIDITY,
UID) where it is. A *job* is one mail in one *generation*; *events* are what happened to it, kept in the *journal*.
An *own mail* is one that the owner wrote and sent; the *readers* of a reply are all whom it goes to.
A *note* is one of the owner's own, in a folder that the config names; a *wish* is what the owner wants of one draft.
A *round* takes an account's jobs as far as they go; a *poll* is a round that begins with a *look* at the flags.
The *archive* holds for each job a *page*, the *prompt* and the *source*. A *remark* is a sentence for the owner on
the page, a *notice* a mail to the owner, a *gap* a fact that the model did not have: ``[[fill: ...]]``.
"""
