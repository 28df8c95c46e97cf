"""Forgetting: what is kept of a person, a mail or a time, taken away at the owner's wish, or once it is old enough.

find       what there is of it; changes nothing
removal    taking that away, to the end
unreached  what else remembers, and cannot be reached from here
sweep      once a day: what is older than the owner wants to keep
"""
