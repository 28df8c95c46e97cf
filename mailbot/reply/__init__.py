"""A mail, written. Pure: who it goes to, from which address, under which ids, and the bytes of the draft; and what a
model may see for it.

May we, and to whom::

    answerable   whether a mail can be answered at all
    identity     which addresses are the owner's, and as whom a reply is written
    recipients   To and Cc

What a model may see for it::

    privacy      what the owner's rules keep from it
    audience     which mails of a thread everybody who gets the reply knows already
    seen         whose mails a prompt holds, for when it is judged again

The draft::

    compose      the whole of it, as bytes
    draft        the values, and the id it is known by
    subject      "Re: ", once
    body         reply, signature, quoted original
    quote        the original, and the line above it
    header       header fields, written
    readback     the bytes read again, before they are stored and after
"""
