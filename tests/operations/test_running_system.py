"""The ground under the browser and fault tests: the whole system, and a real browser before it."""

import pytest

from tests.services.stack import RunningWorkmail


@pytest.mark.browser
def test_a_person_reaches_the_sign_in_page(page, running_workmail: RunningWorkmail):
    response = page.goto("/")
    assert response.status == 200
    assert page.url.startswith(f"{running_workmail.url}/sign-in/")
    assert page.locator("html").get_attribute("lang") == "en"


@pytest.mark.browser
@pytest.mark.parametrize(("locale", "language"), [("en-US", "en"), ("fr-CA", "fr"), ("ru-RU", "ru"), ("de-DE", "en")])
def test_a_page_speaks_the_language_of_the_browser(new_page, locale, language):
    page = new_page(locale=locale)
    page.goto("/sign-in/")
    assert page.locator("html").get_attribute("lang") == language


@pytest.mark.faults
@pytest.mark.both_databases
def test_every_process_can_be_killed_and_comes_back(start_workmail):
    workmail = start_workmail()
    for name in workmail.commands:
        assert workmail.is_running(name), workmail.log(name)
    for name in workmail.commands:
        workmail.restart(name, kill=True)
        assert workmail.is_running(name), workmail.log(name)
    program = "from workmail.directory.models import User; print(User.objects.count())"
    assert workmail.python(program).strip() == "5"
