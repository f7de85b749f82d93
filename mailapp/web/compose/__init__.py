"""The pages for writing a message. All of them work as plain forms; a script makes them comfortable."""
