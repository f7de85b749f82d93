"""Signing in and up, second factor, sessions, personal settings."""
