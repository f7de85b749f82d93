"""Pages of signing in, signing up and personal settings."""
