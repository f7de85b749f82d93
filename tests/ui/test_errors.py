"""Error pages must not fail themselves."""

import pytest
from django.test import Client


@pytest.mark.django_db
def test_a_foreign_host_name_gets_a_page_and_no_second_error(client: Client) -> None:
    response = client.get("/sign-in/", headers={"host": "elsewhere.test"})
    assert response.status_code == 400
    assert b"elsewhere.test" not in response.content
