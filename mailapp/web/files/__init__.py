"""The page Files, and the public pages of links."""
