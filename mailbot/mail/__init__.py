"""A mail, read. Pure: bytes in, frozen values out; no clock, no files, no network; never raises on what strangers
wrote.

mail         the values: Mail, Address, Attachment
parse        octets -> Mail

From octets::

    header       the fields of a header block
    decoded      what stands in one, as text: encoded words, parameters
    ids          message ids
    address      address fields, also those that can be read in two ways
    date         the Date field
    part         the tree of MIME parts
    body         which parts are the text, which are attachments, what kind of mail that makes
    charset      bytes to text, when the label may lie
    flowed       format=flowed undone
    characters   what a person cannot see, taken out
    attached     which attached files have a text that can be shown
    key          the mail key, and the twin key of a second delivery

HTML, as a person would see it::

    html         start tags, end tags and text, in one pass
    element      what kinds of elements there are
    text         HTML to text: paragraphs, lists, tables, quotes, links
    lines        the lines of that text while they are written
    link         where a link leads, when its words hide it
    style        whether an element can be seen
    sheet        the rules of style elements, and which of them an element gets
    colour       colours, and whether two of them can be told apart

Whose words::

    quote        new text, quoted history, forwarded mail
    attribution  the line above a quote: "On ... wrote:"
    signature    where the signature begins
    phrases      the words by which mail programs mark what they quote
    thread       the mails around a mail, in order

A large mail::

    structure    its parts, as the server lists them
    reduced      what is fetched of them, and one mail of that again
"""
