from tests.mail_web.conftest import alice, browser_of_alice, organization, sign_in  # noqa: F401
