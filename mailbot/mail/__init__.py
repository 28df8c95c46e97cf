"""A mail, read. Pure: bytes in, frozen values out; no clock, no files, no network; never raises on what strangers
wrote."""
