"""Who else may use a mailbox, one of its folders, or somebody's name.

``models`` keep what was granted, ``levels`` say what it means, ``effective`` answers what holds for one person now,
``granting`` changes it, ``senders`` says in whose name one may send.
"""
