"""Forms in our markup: ``{{ form }}`` and ``{% field form.name %}``, with label, hint and error belonging together."""

from typing import Any

from django.forms import BaseForm, BoundField, widgets
from django.forms.renderers import TemplatesSetting
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe


class Renderer(TemplatesSetting):
    """Django's templates, with ours for the form and its fields."""

    form_template_name = "components/form.html"
    field_template_name = "components/form_field.html"


def render_field(bound: BoundField, **options: Any) -> SafeString:
    """Return the field with everything that explains it; see ``components/field.html``."""
    box = {name: options.pop(name) for name in ("label", "hint", "css", "hide_label", "optional") if name in options}
    if bound.is_hidden:
        return bound.as_widget()
    kind = _kind(bound.field.widget)
    attributes = {name.rstrip("_").replace("_", "-"): value for name, value in options.items() if value is not None}
    css = {"check": "", "choices": "", "file": "input file", "hidden": ""}.get(kind, "input")
    own = f"{bound.field.widget.attrs.get('class', '')} {attributes.pop('class', '')} {css}".split()
    if own:
        attributes["class"] = " ".join(dict.fromkeys(own))
    bound.help_text = box.get("hint", bound.help_text)  # Django describes the control by it
    context = {
        "field": bound,
        "kind": kind,
        "label": box.get("label", bound.label),
        "hint": bound.help_text,
        "css": box.get("css", ""),
        "hide_label": box.get("hide_label", False),
        "optional": box.get("optional", False),
        "described_by": bound.aria_describedby or "",
        "control": bound.as_widget(attrs=attributes),
        "options": list(bound) if kind == "choices" else (),
        "shows_password": kind == "password",
    }
    return component("field", context)


def _kind(widget: widgets.Widget) -> str:
    if isinstance(widget, widgets.RadioSelect | widgets.CheckboxSelectMultiple):
        return "choices"
    if isinstance(widget, widgets.CheckboxInput):
        return "check"
    if isinstance(widget, widgets.PasswordInput):
        return "password"
    if isinstance(widget, widgets.FileInput):
        return "file"
    return "text"


def render_error_summary(*several: BaseForm) -> SafeString:
    """Return what is wrong in the forms, as links to their fields; empty when nothing is."""
    problems: list[dict[str, str]] = []
    for form in several:
        if form is None or not form.is_bound:
            continue
        problems += [{"text": str(text), "target": ""} for text in form.non_field_errors()]
        for bound in form:
            target = "" if bound.is_hidden else bound.id_for_label or bound.auto_id
            problems += [{"text": str(text), "target": target, "label": str(bound.label)} for text in bound.errors]
    if not problems:
        return SafeString("")
    return component("error_summary", {"problems": problems})


def component(name: str, values: dict[str, Any]) -> SafeString:
    """Render ``components/<name>.html`` without the line breaks around it: they would be spaces in a sentence."""
    return mark_safe(render_to_string(f"components/{name}.html", values).strip())
