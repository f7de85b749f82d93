"""A person with a keyboard, a screen reader's tree, and three languages, at a real browser before the whole system."""
