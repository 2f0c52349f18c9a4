"""Templates are compiled to fewer steps: what they put out is what Jinja would."""

import pytest
from jinja2 import Environment, UndefinedError
from markupsafe import Markup

from worker.demo.situations import example
from worker.rendering.builder import Builder
from worker.rendering.compiling import template_of
from worker.rendering.context import LineContext
from worker.rendering.sandbox import Sandbox
from worker.rendering.shops import shop_context

INPUTS = example("confirmation")
VALUES = vars(Builder(INPUTS, "en", {}, shop_context(INPUTS.shop)).build()) | {
    "name": "Mia & <Co>",
    "json_ld": Markup("<b>"),
    "lines": [
        LineContext(title=title, variant="", quantity=2, price="€1", image="", expected="") for title in ("A & B", "C")
    ],
}
TEMPLATES = [
    "{{ name }}{{ order.number }}{{ more_lines }}{{ gift }}{{ json_ld }}",
    "Hi{{ ', ' ~ name if name }}{{ ' ' ~ json_ld ~ '<' if lines }}.",
    "{{ 'a<' if pickup else 'b' if digital else name ~ order.date }}",
    "{{ 'shown' if pickup }}{{ (name if lines else '') | upper }}",
    "{% for line in lines %}{{ loop.index }}{{ line.title }} {{ line.quantity }};{% endfor %}{{ lines[0].title }}",
    "{% for order in lines %}{{ order.title }}{% endfor %}{{ order.number }}",
    "{% for hero in lines %}{{ hero }}{% endfor %}{{ hero }}",
    "{% for line in lines if line.quantity > 1 %}{% for line in line.properties %}{{ line.name }}{% else %}none"
    "{% endfor %}{{ line.title }}{% endfor %}",
    "{% for line in lines %}{% for line in tips %}{{ line }}{% endfor %}{{ line.title }}{% endfor %}",
    "{{ shop.name }}{{ parcel.number or 'no number' }}{{ code.code if code }}",
]

UNKNOWN = [
    *("{{ nobody }}", "{{ order.nobody }}", "{{ nobody.number }}"),
    "{% for line in lines %}{{ line.number }}{% endfor %}",
    "{% for order in lines %}{{ order.number }}{% endfor %}",
]


@pytest.mark.parametrize("source", TEMPLATES)
@pytest.mark.parametrize("escapes", [True, False])
def test_what_is_put_out_is_what_jinja_would_put_out(source: str, escapes: bool) -> None:
    expected = Environment(autoescape=escapes).from_string(source).render(VALUES)
    assert template_of(Sandbox(autoescape=escapes), source, None).render(VALUES) == expected
    assert expected, "a template that says nothing would prove nothing"


@pytest.mark.parametrize("source", UNKNOWN)
def test_what_is_not_known_is_an_error_and_no_empty_text(source: str) -> None:
    with pytest.raises(UndefinedError):
        template_of(Sandbox(autoescape=True), source, None).render(VALUES)
