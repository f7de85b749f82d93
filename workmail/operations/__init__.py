"""Running an installation: preparing it, supervising its processes, maintaining its catalogues.

Nothing here is about mail. Every other room works without this one; large installations replace the supervisor
by their own and keep the management commands.
"""
