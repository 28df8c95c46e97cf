"""The wire. The only folder that imports imapclient; every argument of a command passes its one gate.

login      connects and logs in
session    one connection, in mailbot's words
wire       the session of a round, and which folder is what
counts     the server's counts of changes
settled    folders in which a look would find the same again
spare      the connection that searches and learning share
effects    every command that changes a mailbox
gate       what may stand in a command
threads    what servers tell of threads and labels, each in its own way
parts      one mail by its parts
criteria   what a SEARCH looks for
breath     commands said together with the next one, so that they cost no round trip of their own
said       what was said and is not answered yet
answer     what a server tells, as values
trouble    what the libraries raise, as mailbot's errors
folders    which folder is Drafts, Sent and Trash, and which are watched
idle       IDLE, which wakes the poll
"""
