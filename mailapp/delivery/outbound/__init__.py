"""Mail to other houses: the queue in the database, where it goes, and the SMTP client that takes it there."""
