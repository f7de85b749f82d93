from django.apps import AppConfig


class ChangesConfig(AppConfig):
    name = "workmail.changes"
    label = "changes"
