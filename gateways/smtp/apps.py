from django.apps import AppConfig


class SmtpGatewayConfig(AppConfig):
    name = "gateways.smtp"
    label = "smtp_gateway"
