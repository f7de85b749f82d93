from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "workmail.audit"
    label = "audit"
