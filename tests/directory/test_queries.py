"""Lists of the directory: paged by key, complete, in order, whatever is written in the cursor."""

import pytest

from tests import factories
from workmail.accounts.actor import SYSTEM
from workmail.directory import queries, services
from workmail.directory.queries import counts, find_members, group_page, user_page


@pytest.fixture
def organization(db):
    return factories.make_organization("fernhill", domain="fernhill.test")


def all_pages(organization, **options) -> list[list[str]]:
    pages, after = [], ""
    while True:
        page = user_page(organization.pk, after=after, **options)
        pages.append([user.display_name for user in page.rows])
        assert page.is_first == (after == "")
        if not page.after:
            return pages
        after = page.after


def test_pages_hold_everyone_once_in_order(organization):
    names = ["anna", "Bert", "bert", "Bert", "Čeněk", "Яна", "яна", "zoe", "Zoe", "10", "~", "ÿ"]
    for number, name in enumerate(names):
        factories.make_user(organization, f"u{number}", display_name=name, enabled=False, password=None)
    for size in (1, 2, 5, 50):
        pages = all_pages(organization, size=size)
        listed = [name for page in pages for name in page]
        assert sorted(listed) == sorted([*names, "Administrator"])
        assert all(len(page) <= size for page in pages)
        assert listed == all_pages(organization, size=1_000)[0]


def test_somebody_who_comes_while_one_is_paging_moves_nothing(organization):
    for name in ("b", "d", "f"):
        factories.make_user(organization, name, display_name=name, password=None)
    first = user_page(organization.pk, size=2)
    factories.make_user(organization, "a", display_name="a", password=None)
    factories.make_user(organization, "e", display_name="e", password=None)
    second = user_page(organization.pk, size=10, after=first.after)
    assert [user.display_name for user in second.rows] == ["d", "e", "f"]


@pytest.mark.parametrize(
    "after", ["x", "!!!", "bnVsbA", "W10", "WyJhIl0", "WyJhIiwgIngiXQ", "W251bGwsIG51bGxd", "é", "=" * 9]
)
def test_a_cursor_that_is_none_opens_the_first_page(organization, after):
    assert user_page(organization.pk, after=after).is_first


def test_a_page_of_users_costs_two_statements(organization, django_assert_num_queries):
    for number in range(5):
        factories.make_user(organization, f"u{number}", aliases=[f"a{number}"], password=None)
    with django_assert_num_queries(2):
        [user.addr_spec for user in user_page(organization.pk).rows]
    factories.make_group(organization, "g")
    with django_assert_num_queries(2):
        [group.addr_spec for group in group_page(organization.pk).rows]


def test_members_and_candidates(organization):
    alice = factories.make_user(organization, "alice")
    bob = factories.make_user(organization, "bob")
    inner = factories.make_group(organization, "inner")
    group = factories.make_group(organization, "outer", members=[alice, inner, "z@elsewhere.test"])
    assert [str(row.member or row.remote_address) for row in queries.members(group)] == [
        "Alice",
        "inner",
        "z@elsewhere.test",
    ]
    assert [entity.name for entity in find_members(organization.pk, "", outside=group)] == ["admin", "bob"]
    assert [entity.name for entity in find_members(organization.pk, "BOB", outside=group)] == ["bob"]
    services.disable(SYSTEM, bob)
    assert find_members(organization.pk, "bob", outside=group) == []
    assert [row.name for row in queries.groups_of(inner)] == ["outer"]


def test_counts_leave_out_what_is_deleted(organization, django_assert_num_queries):
    gone = factories.make_user(organization, "gone", password=None)
    services.disable(SYSTEM, gone)
    assert counts(organization.pk) == queries.Counts(enabled_users=1, disabled_users=1, groups=0, domains=1)
    services.delete(SYSTEM, gone)
    with django_assert_num_queries(2):
        assert counts(organization.pk).disabled_users == 0
