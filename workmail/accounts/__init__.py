"""Sign-in, second factor, sessions and devices, and who acts."""
