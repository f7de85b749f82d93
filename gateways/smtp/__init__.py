"""The SMTP door: the MX port for other mail servers, the submission ports for people's programs."""
