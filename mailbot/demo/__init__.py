"""What ``mailbot demo`` brings along: a mailbox in memory, spoken to over real IMAP, and four sample mails."""
