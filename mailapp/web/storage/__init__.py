"""The pages of storage, import and export, and of long work."""
