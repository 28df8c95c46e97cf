"""A mail, written. Pure: who it goes to, from which address, under which ids, and the bytes of the draft."""
