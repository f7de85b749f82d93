"""Components: what they are given appears escaped, named and described."""

import re
from datetime import UTC, datetime

import pytest
from django import forms
from django.template import Context, Template

from workmail.ui import icons, strings


def render(text: str, **values: object) -> str:
    return Template(text).render(Context(values))


class Sample(forms.Form):
    name = forms.CharField(help_text="As colleagues see it.")
    secret = forms.CharField(widget=forms.PasswordInput)
    kind = forms.ChoiceField(choices=[("a", "First"), ("b", "Second")], widget=forms.RadioSelect)
    agree = forms.BooleanField()
    token = forms.CharField(widget=forms.HiddenInput, required=False)


# --- Icons ---------------------------------------------------------------------------------------------------------


def test_an_icon_is_decoration_unless_it_has_a_name():
    assert render('{% icon "archive" %}') == '<svg class="i" aria-hidden="true"><use href="#i-archive"/></svg>'
    assert 'role="img" aria-label="Close &lt;it&gt;"' in render('{% icon "x" label=name %}', name="Close <it>")


def test_a_misspelled_icon_fails_where_it_is_written():
    with pytest.raises(icons.IconMissing):
        render('{% icon "no-such-icon" %}')
    with pytest.raises(icons.IconMissing):
        icons.symbol('../x"><script>')


def test_the_sprite_holds_each_icon_of_the_page_once_and_no_other():
    page = render('{% sprite "x" %}{% icon "archive" %}{% icon "archive" %}{% icon "flag" %}{% endsprite %}')
    assert re.findall(r'<symbol id="i-([a-z-]+)"', page) == ["archive", "flag", "x"]


# --- Buttons -------------------------------------------------------------------------------------------------------


def test_a_button_takes_any_attribute_and_escapes_it():
    button = render(
        '{% button label kind="primary" hx_post=url data_command="archive" hidden=False %}', label="<b>", url='/"x'
    )
    assert 'type="button" class="btn primary"' in button
    assert 'data-command="archive" hx-post="/&quot;x"' in button
    assert "&lt;b&gt;" in button
    assert "hidden" not in button


def test_a_button_with_an_address_is_a_link():
    assert render('{% button "Open" href="/mail/" %}').startswith('<a href="/mail/" class="btn"')


def test_an_icon_button_is_named_and_says_its_key():
    button = render('{% icon_button "Flag" "flag" key="s" pressed=True %}')
    assert 'aria-label="Flag" title="Flag (s)" aria-keyshortcuts="s" aria-pressed="true"' in button


def test_people_are_circles_and_things_are_squares():
    assert render('{% avatar "Amara Diallo" %}').strip() == '<span class="av" aria-hidden="true">AD</span>'
    assert 'class="av sq"' in render('{% avatar "Sales" kind="thing" %}')


# --- Fields --------------------------------------------------------------------------------------------------------


def test_a_field_has_a_label_a_hint_and_an_error_that_belong_to_it():
    form = Sample({"name": "", "kind": "a"})
    field = render("{% field form.name %}", form=form)
    assert '<label for="id_name">Name</label>' in field
    assert 'aria-describedby="id_name_helptext id_name_error"' in field
    assert 'aria-invalid="true"' in field
    assert 'id="id_name_helptext">As colleagues see it.' in field
    assert re.search(r'class="error" id="id_name_error">.*This field is required\.', field)


def test_what_a_page_says_of_a_field_replaces_what_the_form_says():
    field = render('{% field form.name label="Your name" hint="" data_x="1" autocomplete="name" %}', form=Sample())
    assert '<label for="id_name">Your name</label>' in field
    assert "helptext" not in field
    assert 'data-x="1"' in field
    assert 'autocomplete="name"' in field


def test_choices_are_a_fieldset_with_a_legend():
    field = render("{% field form.kind %}", form=Sample({"name": "x"}))
    assert '<fieldset class="field" aria-describedby="id_kind_error"' in field
    assert "<legend>Kind</legend>" in field
    assert field.count('type="radio"') == 2


def test_a_check_box_stands_before_its_label():
    field = render("{% field form.agree %}", form=Sample())
    assert re.search(
        r'<label class="check" for="id_agree"><input type="checkbox"[^>]*> <span>Agree</span></label>', field
    )


def test_a_password_can_be_shown_once_there_is_a_script():
    assert re.search(
        r"<button[^>]*data-show-password[^>]*hidden>Show</button>", render("{% field form.secret %}", form=Sample())
    )


def test_a_whole_form_says_first_what_is_wrong_with_links_to_the_fields():
    page = render("{{ form }}", form=Sample({"token": "t"}))
    assert page.index("4 things need correcting") < page.index('id="id_name"')
    assert '<a href="#id_name">Name: This field is required.</a>' in page
    assert '<a href="#id_kind">' in page
    assert 'type="hidden" name="token" value="t"' in page


def test_a_form_that_was_not_sent_has_no_summary():
    assert render("{% error_summary form %}", form=Sample()) == ""


# --- Boxes ---------------------------------------------------------------------------------------------------------


def test_a_box_shows_the_block_between_its_tags():
    page = render('{% panel title id="p" %}<p>{{ word }}</p>{% endpanel %}', title="A & B", word="<i>")
    assert (
        '<section class="panel" id="p" aria-labelledby="p-h"><h2 id="p-h">A &amp; B</h2><p>&lt;i&gt;</p></section>'
        in page
    )


def test_a_dialog_is_named_by_its_heading():
    page = render('{% dialog "d" "Delete it?" data_must_answer=True %}x{% enddialog %}')
    assert '<dialog id="d" aria-labelledby="d-h" data-must-answer><h2 id="d-h">Delete it?</h2>x</dialog>' in page


def test_a_time_is_readable_by_machines_and_exact_in_its_tooltip():
    time = render('{% when value "full" %}', value=datetime(2026, 11, 12, 15, 0, tzinfo=UTC))
    assert 'datetime="2026-11-12T15:00:00+00:00" title="Thursday, 12 November 2026, 15:00 UTC"' in time
    assert render("{% when nothing %}|{{ nothing|mail_time }}", nothing=None) == "|"


def test_plural_forms_become_attributes_for_scripts():
    forms_by_category = strings.plural(lambda n: "{n} conversation" if n == 1 else "{n} conversations")
    assert render("{% plural_data forms %}", forms=forms_by_category) == (
        ' data-one="{n} conversation" data-other="{n} conversations"'
    )
