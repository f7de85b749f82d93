"""Long work of a person: a row, a worker that may die, a bar on the page, a notice when it is done.

A room that has long work tells what it is, once, in the ``ready`` of its application::

    kinds.register(Kind(name="apply_rule", work=work, title=title, notice=notice))

    def title(about: dict) -> str: ...      # "Apply the rule “Invoices” to Inbox", in the reader's language
    def notice(about: dict, result: dict) -> str: ...   # "The rule was applied: 12 messages moved."
    def work(mailbox: OpenMailbox, parameters: dict, progress: Progress) -> dict:
        uid = progress.cursor.get("uid", 0)             # empty the first time
        progress.set_total(folder.messages.count())     # None or never: nobody knows
        for batch in batches_after(uid):
            ...                                         # may run twice for the same batch, and never skips one
            progress.advance(len(batch), uid=batch[-1].uid)
        return {"moved": 12}

and starts it with ``operations.start(mailbox, "apply_rule", parameters={...}, about={...})``.

* ``parameters``, ``about``, the cursor and the result are JSON, sealed under the keys of the mailbox. ``parameters``
  are forgotten when the job ends, whatever the end; ``about`` stays, for the title and the notice.
* ``progress.advance`` writes the cursor, renews what the page sees, and raises what stops the work: it was cancelled,
  another process has it, or it is another job's turn. So call it after each batch of a second or less, outside of
  transactions, and let its exceptions pass. What it was told is never worked on again.
* A worker that dies is noticed within fifteen seconds; the work then begins again with the last cursor.
* A ``WorkmailError`` ends the job as failed and is shown to the person. ``KeyUnavailable`` and everything unexpected
  is tried again, later and later; a job that gets nowhere fails in the end.

``operations`` also has ``cancel``, ``find``, ``current`` and ``dismiss``; ``files`` keeps what a job reads or makes.
"""
