"""How many recipients elsewhere a person and an organization may write to on one day (UTC)."""

from datetime import UTC, date, datetime

from django.conf import settings
from django.db.models import F
from django.utils.translation import gettext as _

from mailapp.delivery.models import RecipientCount
from workmail.errors import LimitExceeded


def spend(user_id: str, organization_id: str, count: int, on: date | None = None) -> None:
    """Count ``count`` external recipients against both limits, inside the caller's transaction.

    One statement compares and adds, so that two submissions at once cannot both take the last place.

    Args:
        on: The day (UTC) on which the message leaves, if that is not today: its place is taken now, so that a message
            that was accepted for later never meets a limit.

    Raises:
        LimitExceeded: They do not fit. The caller's transaction must not commit the half that was counted.
    """
    if count <= 0:
        return
    today = datetime.now(UTC).date()
    day = on or today
    limits = {
        user_id: settings.EXTERNAL_RECIPIENTS_PER_USER_PER_DAY,
        organization_id: settings.EXTERNAL_RECIPIENTS_PER_ORGANIZATION_PER_DAY,
    }
    RecipientCount.objects.bulk_create(
        [RecipientCount(scope=scope, day=day) for scope in limits], ignore_conflicts=True
    )
    for scope, limit in limits.items():
        fitting = RecipientCount.objects.filter(scope=scope, day=day, count__lte=limit - count)
        if not fitting.update(count=F("count") + count):
            if day > today:
                raise LimitExceeded(
                    _("That day is taken: you write to as many people outside your organization as it allows.")
                )
            raise LimitExceeded(
                _("You have written to as many people outside your organization as one day allows. Try again tomorrow.")
            )


def give_back(user_id: str, organization_id: str, count: int, day: date) -> None:
    """Take back what ``spend`` counted on ``day``, for a message that never left; inside the caller's transaction."""
    RecipientCount.objects.filter(scope__in=[user_id, organization_id], day=day, count__gte=count).update(
        count=F("count") - count
    )


def spent(scope: str) -> int:
    """Return how many external recipients the user or organization has written to today."""
    return (
        RecipientCount.objects.filter(scope=scope, day=datetime.now(UTC).date()).values_list("count", flat=True).first()
        or 0
    )
