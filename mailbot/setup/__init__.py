"""mailbot setup: from an address to a config that works.

server       pure   an address's domain; an IMAP server as it was found
providers    pure   the table of providers: servers, kind of password, where it is made
autoconfig   pure   a domain's autoconfig file, read without trust
records      pure   SRV and MX records
search              provider table, autoconfig, SRV, MX: one step after the other, each shown
dns          edge   asks the name server
web          edge   fetches autoconfig, over https only; lists the models of a server in the house
folders             which folder is probably Drafts, Sent or Trash
toml         pure   answers into a config file, its comments kept
disk         edge   the config file and a password file, each whole or not at all

The questions are in ``cli/setup/``.
"""
