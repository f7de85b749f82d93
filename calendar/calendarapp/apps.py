from django.apps import AppConfig


class CalendarConfig(AppConfig):
    name = "calendarapp"
    label = "calendar"
