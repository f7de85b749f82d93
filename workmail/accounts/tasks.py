"""Periodic work of signing in."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone
from django_otp.plugins.otp_totp.models import TOTPDevice

from workmail.accounts.models import FailureCount, Session

UNFINISHED_SET_UP = timedelta(days=1)


@shared_task
def sweep() -> None:
    """Forget what has run out: sessions, counted failures, set-ups of an authenticator that nobody finished."""
    now = timezone.now()
    Session.objects.filter(expire_date__lt=now).delete()
    FailureCount.objects.filter(last_failure_at__lt=now - timedelta(days=1)).delete()
    TOTPDevice.objects.filter(confirmed=False, created_at__lt=now - UNFINISHED_SET_UP).delete()
