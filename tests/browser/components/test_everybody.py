"""Every sample page, for everybody: axe, themes, zoom, print, no script, targets, tab stops."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.accessibility import assert_accessible
from tests.browser.components.person import WIDE, focused, wait_until_ready

pytestmark = pytest.mark.browser

SCREENS = {1440: 900, 820: 1180, 390: 844, 320: 640}
SAMPLES = ("components", "mail", "compose", "sign")


@pytest.mark.parametrize("width", SCREENS)
@pytest.mark.parametrize("sample", SAMPLES)
def test_every_sample_is_accessible_at_every_width_in_both_themes(show, sample, width):
    page = show(sample, viewport={"width": width, "height": SCREENS[width]})
    assert_accessible(page)
    if width in (1440, 390):  # between these the colours are the same
        page.evaluate("document.documentElement.dataset.theme = 'dark'")
        assert_accessible(page)


@pytest.mark.parametrize("sample", ["components", "mail"])
def test_more_contrast_and_forced_colours_keep_everything_readable(show, sample):
    page = show(sample)
    page.evaluate("document.documentElement.dataset.contrast = 'more'")
    assert_accessible(page)
    page.emulate_media(forced_colors="active")
    assert_accessible(page)


def test_the_theme_of_the_system_is_followed_until_one_is_chosen(show):
    page = show("mail", theme="auto", color_scheme="dark")
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.emulate_media(color_scheme="light")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != dark


@pytest.mark.parametrize("sample", SAMPLES)
def test_every_icon_of_a_page_is_in_its_sprite(show, sample):
    page = show(sample)
    missing = (
        "[...document.querySelectorAll('use')].map(u => u.getAttribute('href')).filter(h => !document.querySelector(h))"
    )
    assert page.evaluate(missing) == []


@pytest.mark.parametrize("sample", SAMPLES)
def test_every_target_is_at_least_24_pixels(show, sample):
    """WCAG 2.5.8, without its exceptions: links inside sentences are not looked at."""
    page = show(sample)
    small = page.evaluate(
        """[...document.querySelectorAll('button, [role=tab], .btn, .icon, input:not([type=hidden]), select')]
        .filter(node => node.checkVisibility({ visibilityProperty: true }) && !node.closest('.skip, dialog, .quick'))
        .map(node => (node.closest('label') ?? node)).filter(node => { const box = node.getBoundingClientRect();
            return box.width && (box.width < 23.5 || box.height < 23.5) && !node.matches('[data-select-all]'); })
        .map(node => node.outerHTML.slice(0, 120))"""
    )
    assert small == []


@pytest.mark.parametrize("width", [1440, 640])
def test_text_at_twice_its_size_and_wide_spacing_loses_nothing(show, width):
    """WCAG 1.4.4 and 1.4.12; at 640 pixels doubled text is a phone's layout."""
    page = show("mail", viewport={"width": width, "height": 900}, bypass_csp=True)
    page.add_style_tag(
        content="html { font-size: 200% } * { line-height: 1.5 !important; letter-spacing: .12em !important;"
        " word-spacing: .16em !important } p { margin-bottom: 2em !important }"
    )
    assert not page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    cut = page.evaluate(
        """[...document.querySelectorAll('.btn, .tree a, h1, h2, .sum, .status p')].filter(node => node.offsetWidth &&
        node.checkVisibility() && node.scrollHeight > node.clientHeight + 2
        && getComputedStyle(node).overflowY === 'hidden'
        && !node.matches('.trunc, .vh')).map(node => node.outerHTML.slice(0, 100))"""
    )
    assert cut == []


@pytest.mark.parametrize(
    ("density", "least", "most"), [("comfortable", 64, 96), ("standard", 44, 64), ("compact", 28, 40)]
)
def test_density_changes_the_height_of_rows_and_never_hides_the_subject(show, density, least, most):
    page = show("mail")
    page.evaluate("density => { document.documentElement.dataset.density = density }", density)
    heights = page.evaluate("[...document.querySelectorAll('.row')].map(row => row.offsetHeight)")
    assert all(least <= height <= most for height in heights), sorted(set(heights))
    expect(page.locator("#m1 .sub")).to_be_visible()
    expect(page.locator("#m1 .who")).to_be_visible()
    if density == "compact":
        assert_accessible(page)


def test_a_page_prints_the_conversation_and_nothing_around_it(show):
    page = show("mail")
    page.emulate_media(media="print")
    for hidden in (".top", ".side", ".status", ".list", ".replybar"):
        expect(page.locator(hidden).first).to_be_hidden()
    expect(page.get_by_role("heading", level=2, name="Warehouse move")).to_be_visible()


def test_without_script_there_are_links_forms_and_no_dead_buttons(show):
    page = show("mail", java_script_enabled=False)
    expect(page.locator("[role=grid]")).to_have_count(0)
    expect(page.locator(".row a.hit").first).to_have_attribute("href", re.compile("m0"))
    expect(page.locator("[data-dialog=help]").first).to_be_hidden()
    page = show("compose", java_script_enabled=False)
    expect(page.locator("input[name=to]")).to_have_value(re.compile("alice@example.test.*helena@example.net"))
    page = show("components", java_script_enabled=False)
    expect(page.get_by_role("button", name="Show")).to_have_count(0)


def test_a_page_whose_script_does_not_come_stays_links_and_forms(browser, address):
    context = browser.new_context(base_url=address, viewport=WIDE)
    page = context.new_page()
    page.route("**/js/app.js", lambda route: route.abort())
    page.goto("/_components/?page=mail")
    expect(page.locator("html")).not_to_have_class(re.compile("script"))
    expect(page.locator("[data-dialog=help]").first).to_be_hidden()
    page.get_by_role("link", name=re.compile("Signed contract")).first.click()
    page.wait_for_url("**m=m1**")
    context.close()


def test_nothing_moves_while_the_page_loads(browser, address):
    context = browser.new_context(base_url=address, viewport=WIDE)
    page = context.new_page()
    page.route("**/js/app.js", lambda route: (page.wait_for_timeout(300), route.continue_()))
    page.goto("/_components/?page=mail")
    wait_until_ready(page)
    page.wait_for_timeout(300)
    moved = page.evaluate(
        """new Promise(done => { new PerformanceObserver(list => done(list.getEntries().map(entry => [entry.value,
        entry.sources.map(source => source.node?.outerHTML?.slice(0, 100))]))).observe({ type: 'layout-shift',
        buffered: true }); setTimeout(() => done([]), 300); })"""
    )
    # The text of a message pushes what stands below it down once its height is known; nothing else may move.
    assert sum(value for value, _places in moved) < 0.02, moved
    context.close()


def test_skip_links_come_first_and_lead_where_they_say(show):
    page = show("mail")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to message list")).to_be_focused()
    expect(page.get_by_role("link", name="Skip to message list")).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert focused(page) == "m0"


def test_the_list_is_few_tab_stops_away(show):
    page = show("mail")
    stops = 0
    while stops < 20 and focused(page) != "m0":
        page.keyboard.press("Tab")
        stops += 1
    assert focused(page) == "m0"
