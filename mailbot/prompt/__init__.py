"""What is asked of the model and what is read from its answer. Pure: both halves of one contract.

The prompt::

    build      the whole of it, in the room that the model has
    wanted     the reply that is wanted: to which mail, to whom
    template   a template, which the owner may have rewritten
    values     what a template may show
    mails      which mails of the thread are shown, and how much of each
    entry      one mail as it is shown
    context    what the owner lends to a reply: style card, samples, notes, instructions
    budget     how many tokens a text costs, and what stands of it when there is room for fewer
    form       the fields of an answer, as a JSON schema and in words

The answer::

    answer     its text, read
    verify     held against what the model was shown
    sources    who said what of that
    overlap    what it repeats of the owner's earlier mails and notes
    remarks    what the owner has to know before sending it
    outline    the outline writer, where no model is configured

Both::

    guard      foreign text on its way in, a model's text on its way out
"""
