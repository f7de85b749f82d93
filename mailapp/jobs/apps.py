from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "mailapp.jobs"
    label = "jobs"
