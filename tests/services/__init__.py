"""Real services for tests: PostgreSQL, Valkey, a browser, the whole running system. No doubles."""
