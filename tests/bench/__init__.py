"""What mailbot costs, measured: `make bench`.

wire      a line that takes a round trip, and counts octets, connections and turns
places    a Dovecot behind such a line; the mails that lie there
naive     what a person would run otherwise: a loop around imap_tools
table     the rows, as markdown and as JSON
process   memory and CPU, as Linux counts them
polls, drafts, loads, commands, reading     the rows, by what they measure

Loopback only; in plain text, to which TLS adds its own, but where a row says so. Counts are the same on every machine;
seconds, CPU and memory are this one's."""
