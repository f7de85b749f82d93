"""Organizations, people, groups, domains."""
