"""The only place where pure and edge meet: one account's straight line from a flag to a draft.

A round::

    connect    logs in and finds the folders
    tick       takes every due job one step after the other, and decides what an error means for it
    steps      who takes which step
    look       what carries a flag now, as the server has it
    observe    what that means for the jobs                        -> events asked, held, cancelled ...

Its steps, in their order::

    fetch      the mail, from its place or from where it was moved -> events fetched, skipped
    gather     the rest of the thread, on a connection of its own  -> event gathered
    prepare    may we?, names, source, prompt                      -> events named, prompted, skipped
    ask        the model, while no IMAP connection is held         -> events answered, rejected
    deliver    compose, intent, APPEND; at last the keyword        -> events intended, appended, marked
    resolve    was it stored? after an APPEND that broke           -> events appended, absent
    read_back  the stored draft against what was meant             -> event read
    pages      the page in the archive                             -> event paged

What they use::

    addressed  a mail, and from whom and to whom its reply goes
    search     what one thread search asks of which folder
    context    what of the owner's own goes into a prompt
    daily      the day's limit of model calls

For the owner::

    replay     an archived prompt, asked again
"""
