"""Key providers and envelope encryption: organization key -> mailbox key -> content key."""
