from django.apps import AppConfig


class UiConfig(AppConfig):
    name = "workmail.ui"
    label = "ui"
