"""The pages of rules and of the automatic reply, among the settings."""
