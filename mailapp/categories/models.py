"""The categories of a mailbox. Messages carry only the keyword; what it is called is sealed and can change."""

import uuid
from typing import ClassVar

from django.db import models
from django.utils.translation import pgettext_lazy


class Category(models.Model):
    class Colour(models.TextChoices):
        """Each has a dark and a light form; the name stands beside it always."""

        TEAL = "teal", pgettext_lazy("colour", "Teal")
        BLUE = "blue", pgettext_lazy("colour", "Blue")
        PURPLE = "purple", pgettext_lazy("colour", "Purple")
        GREEN = "green", pgettext_lazy("colour", "Green")
        AMBER = "amber", pgettext_lazy("colour", "Amber")
        GREY = "grey", pgettext_lazy("colour", "Grey")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    mailbox = models.ForeignKey("store.Mailbox", models.CASCADE, related_name="+", db_index=False)
    keyword = models.CharField(max_length=255)  # as messages carry it, see keywords; never changes
    keyword_folded = models.CharField(max_length=255)  # keywords are the same without case (RFC 9051 §2.3.2)
    name = models.BinaryField()  # sealed
    colour = models.CharField(max_length=8, choices=Colour.choices, default=Colour.TEAL)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["mailbox", "keyword_folded"], name="one_category_per_keyword")
        ]
