"""Who is who, by their mail addresses. Pure.

compare    when two are the same, fit a pattern or belong to one house; which can be written
readers    who may read what, by the addresses and domains in the config
freemail   houses where anybody can have a mailbox
lookalike  domains that may be meant to be taken for another
"""
