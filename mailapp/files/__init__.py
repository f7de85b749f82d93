"""Files of a person that are too large for messages, or worth keeping: sealed pieces, and links that open them.

``storing`` keeps, lists and deletes files, ``links`` lets people without an account fetch one, ``uses`` knows which
links a draft carries. The octets lie in sealed files of ``mailapp.jobs``: in pieces, under a key per file.
"""
