"""Which language a text is in. Pure.

language  by its script and its commonest words; whether a reply is in the language of its mail
named     whether the owner's instructions name the language of a reply
"""
