"""The Celery application. Tasks only carry out what rows of the database intend."""

import os

from celery import Celery
from celery.signals import worker_init

from workmail import memory

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "workmail.settings")

app = Celery("workmail")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_init.connect
def _before_forking(**_arguments: object) -> None:
    memory.settle()
