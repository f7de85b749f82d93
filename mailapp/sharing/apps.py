from django.apps import AppConfig


class SharingConfig(AppConfig):
    name = "mailapp.sharing"
    label = "sharing"
