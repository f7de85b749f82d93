"""The change log and its live push."""
