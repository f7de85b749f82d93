from django.apps import AppConfig


class UnsubscribingConfig(AppConfig):
    name = "mailapp.unsubscribing"
    label = "unsubscribing"
