"""A mail, written. Pure: who it goes to, from which address, under which ids, and the bytes of the draft.

May we, and to whom::

    answerable   whether a mail can be answered at all
    identity     which addresses are the owner's, and as whom a reply is written
    recipients   To and Cc

The draft::

    compose      the whole of it, as bytes
    draft        the values, and the id it is known by
    subject      "Re: ", once
    body         reply, signature, quoted original
    quote        the original, and the line above it
    header       header fields, written
    readback     the bytes read again, before they are stored and after
"""
