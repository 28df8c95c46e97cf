"""The config file: from TOML to frozen values, or every problem at once, each with its key and what to do.

tables     every table but the accounts, and ``load``
account    [[account]] and what belongs to it
value      what a single value may be
problem    the words for a problem
"""

from mailbot.config.account import Account, Identity, Imap, Smtp
from mailbot.config.tables import Config, Model, Owner, default_path, load

__all__ = ["Account", "Config", "Identity", "Imap", "Model", "Owner", "Smtp", "default_path", "load"]
