"""The config file: from TOML to frozen values, or every problem at once, each with its key and what to do. The only
folder that imports pydantic.

tables     the small tables, and ``load``
account    [[account]] and what belongs to it
model      [model]
owner      [owner], [voice], [[notes]]
privacy    [[privacy]]
value      what a single value may be
problem    the words for a problem
"""

from mailbot.config.account import Account, Identity, Imap, Smtp
from mailbot.config.model import Model
from mailbot.config.owner import Notes, Owner
from mailbot.config.privacy import Privacy
from mailbot.config.tables import Config, default_path, load

__all__ = ["Account", "Config", "Identity", "Imap", "Model", "Notes", "Owner", "Privacy", "Smtp"]
__all__ += ["default_path", "load"]
