from django.urls import path

from workmail.ui import application, views

app_name = "ui"

urlpatterns = [
    path("icons.svg", views.icon_symbols, name="icons"),
    path("manifest.webmanifest", application.manifest, name="manifest"),
    path("service-worker.js", application.service_worker, name="service_worker"),
    path("offline/", application.offline, name="offline"),
    path("session/", views.session_state, name="session"),
    path("appearance/", views.change_appearance, name="appearance"),
    path("language/", views.change_language, name="language"),
    path("_components/", views.components, name="components"),
]
