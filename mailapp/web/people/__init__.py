"""The pages of the address book, the address list, and cards over names."""
