from django.apps import AppConfig


class RulesConfig(AppConfig):
    name = "mailapp.rules"
    label = "rules"
