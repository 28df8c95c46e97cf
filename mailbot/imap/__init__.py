"""The wire. The only folder that imports imapclient; every argument of a command passes its one gate."""
