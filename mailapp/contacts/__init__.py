"""The address book, people one wrote to, and who is completed when one types a recipient."""
