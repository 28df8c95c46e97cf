"""The only place where pure and edge meet: one account's straight line from a flag to a draft.

world      what a bot needs: the config, the edges, the clock
observe    what carries a flag now, and what that means      -> events asked, held, cancelled ...
prepare    fetch, parse, may we?, names, source, prompt      -> events fetched, named, prompted, skipped
gather     the rest of the thread, on a connection of its own -> event gathered
learn      the owner's mails in Sent, into the index, in idle moments
spare      the connection that searches and learning share
search     what one thread search asks of which folder
context    what of the owner's own goes into a prompt
notes      the owner's notes, for the readers of a reply
ask        the model, while no IMAP connection is held       -> events answered, rejected
deliver    compose, intent, APPEND, doubt, read back, keyword -> events intended, appended, read, marked
pages      the page in the archive                           -> event paged
trouble    what the owner must know, told once
tick       takes every due job one step after the other, and decides what an error means for it
"""
