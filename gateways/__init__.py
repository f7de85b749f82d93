"""The other doors: protocol servers that translate their wire format into operations, and decide nothing about mail."""
