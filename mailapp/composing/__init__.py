"""Writing a message: drafts and their attachments, answers and forwards, sending and taking back."""
