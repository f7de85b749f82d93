"""Organizations, domains, users, groups, resources and their addresses."""
