"""Who did what, from where."""
