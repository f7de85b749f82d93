"""What looks like something else, and what only resembles it honestly."""

import pytest

from mailapp.mime.lookalikes import lookalike, name_skeleton, registered, skeleton


@pytest.mark.parametrize(
    "domain",
    [
        "examp1e.test",  # a digit for a letter
        "exarnple.test",  # two letters that look like one
        "xn--xample-2of.test",  # the first letter is Cyrillic
        "exampel.test",  # two letters exchanged
        "exmple.test",  # one left out
        "examplle.test",  # one too many
        "example.co",  # another ending
        "example-billing.test",  # an addition
        "example.test.mail-login.net",  # ours in front of theirs
    ],
)
def test_a_domain_that_looks_like_our_own_is_noticed(domain: str) -> None:
    assert lookalike(domain, own=["example.test"]) == "example.test"


@pytest.mark.parametrize(
    "domain", ["example.test", "mail.example.test", "other.org", "simple.test", "gmail.com", "example.org"]
)
def test_our_own_domain_and_what_is_merely_similar_pass(domain: str) -> None:
    assert lookalike(domain, own=["example.test"], known=["mail.com", "gmail.com"]) == ""


def test_of_people_one_writes_to_another_ending_is_no_trick() -> None:
    assert lookalike("books.fr", known=["books.de"]) == ""
    assert lookalike("bo0ks.de", known=["books.de"]) == "books.de"
    assert lookalike("branch2.example", known=["branch1.example"]) == ""
    assert lookalike("abc.example", known=["abd.example"]) == ""


def test_names_are_the_same_in_another_script_and_another_order() -> None:
    assert name_skeleton("Bob Marlin") == name_skeleton("Marlin, Воb") == name_skeleton("bob  MARLIN")
    assert name_skeleton("Bob Marlin") != name_skeleton("Bob Merlin")
    assert skeleton("раураl") == skeleton("paypal")


def test_the_registered_domain_knows_public_suffixes() -> None:
    assert registered("mail.example.co.uk") == "example.co.uk"
    assert registered("example.test") == "example.test"
