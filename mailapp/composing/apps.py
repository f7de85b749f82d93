from django.apps import AppConfig


class ComposingConfig(AppConfig):
    name = "mailapp.composing"
    label = "composing"
