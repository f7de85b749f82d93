from django.apps import AppConfig


class OperationsConfig(AppConfig):
    name = "workmail.operations"
    label = "operations"
