"""What the index still has to do. The index itself is no model: each database has its own kind (``index``)."""

from django.db import models


class Removal(models.Model):
    """An entry whose message was expunged. Taken out by the sweep, since that is slow and nobody can find it anyway."""

    search_id = models.BigIntegerField(primary_key=True)
