"""What browser and system a User-Agent field names, in words a person recognizes. A guess: the field is free text."""

from django.utils.translation import gettext as _

_BROWSERS = (  # the first that is found counts: most call themselves by the names of others, too
    ("Edg/", "Edge"),
    ("EdgA/", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Vivaldi/", "Vivaldi"),
    ("YaBrowser/", "Yandex Browser"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("Thunderbird/", "Thunderbird"),
    ("CriOS/", "Chrome"),
    ("Chromium/", "Chromium"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("curl/", "curl"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


def describe(user_agent: str) -> str:
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    if browser and system:
        # Translators: a browser and an operating system, such as "Firefox on Windows"
        return _("{browser} on {system}").format(browser=browser, system=system)
    return browser or system or _("Unknown program")


def is_phone(user_agent: str) -> bool:
    return any(mark in user_agent for mark in ("iPhone", "Android", "Mobile"))
