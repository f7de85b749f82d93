"""Recipients elsewhere: their rows are the outbound queue already; only somebody has to be told."""

from mailapp.delivery import announcing
from mailapp.delivery.models import Delivery
from mailapp.delivery.transits import OpenTransit
from mailapp.delivery.verdicts import Verdict


def send_the_rest(transit: OpenTransit) -> Verdict | None:
    """Wake the outbound queue; should that fail, its sweep finds the rows."""
    assert transit.deliveries is not None
    if any(d.kind == Delivery.Kind.REMOTE and d.state in Delivery.OPEN for d in transit.deliveries):
        announcing.queue_filled(transit.id)
    return None
