"""What whoever runs the installation does on the command line."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from tests import factories
from tests.accounts.conftest import code_of
from workmail.accounts import passwords, second_factor
from workmail.directory import services
from workmail.errors import Forbidden


def run(*arguments: str) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue().strip()


def test_somebody_becomes_an_operator_and_stops_being_one(alice):
    assert "is an operator" in run("make_operator", "support@fernhill.test")
    alice.refresh_from_db()
    assert alice.is_operator
    run("make_operator", "alice@fernhill.test", "--withdraw")
    alice.refresh_from_db()
    assert not alice.is_operator


def test_nobody_becomes_an_operator_on_the_web(organization, alice):
    with pytest.raises(Forbidden):
        services.set_operator(factories.actor_for(factories.administrator_of(organization)), alice, is_operator=True)


def test_an_administrator_who_lost_everything_is_let_in_again(organization):
    admin = factories.administrator_of(organization)
    second_factor.begin_set_up(admin)
    second_factor.finish_set_up(factories.actor_for(admin), admin, code_of(admin, confirmed=False))
    password = run("reset_password", "admin@fernhill.test", "--second-factor-off")
    user = passwords.check("admin@fernhill.test", password, protocol="web", client_address=None)
    assert user.must_change_password
    assert not second_factor.is_on(user)


@pytest.mark.parametrize("command", ["make_operator", "reset_password"])
def test_nobody_has_that_address(db, command):
    with pytest.raises(CommandError, match=r"nobody@nowhere\.test"):
        run(command, "nobody@nowhere.test")
