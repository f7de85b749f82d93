from django.apps import AppConfig


class KeysConfig(AppConfig):
    name = "workmail.keys"
    label = "keys"
