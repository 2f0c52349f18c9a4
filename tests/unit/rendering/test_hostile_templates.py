"""Templates that try to get out, to run forever or to grow: refused before they are published, each with a sentence."""

import time
import tracemalloc
from typing import Any

import pytest
from jinja2.exceptions import SecurityError

from worker.errors import ContentError, Fault
from worker.rendering.compiling import compile_mail, word_mail
from worker.rendering.lint import lint
from worker.rendering.sandbox import LONGEST_VALUE, Sandbox
from worker.store.content import content_of, packaged_content

SUBJECT = "email_templates/order_confirmation/subject.txt"
BODY = "email_templates/order_confirmation/body.mjml"
TEXTS = "email_templates/order_confirmation/texts.en.yaml"
OTHER = "email_templates/components/other.mjml"
SECTION = "<mj-section><mj-column><mj-text>{}</mj-text></mj-column></mj-section>"
LONGEST_S = 20.0
MOST_BYTES = 150_000_000

ESCAPES = {
    "an attribute walk": "{{ name.__class__.__mro__[1].__subclasses__() }}",
    "a walk by subscript": "{{ name['__class__']['__mro__'] }}",
    "a walk by filter": "{{ name|attr('__class__') }}",
    "a format string": "{{ '{0.__class__.__init__.__globals__}'.format(shop) }}",
    "a percent format": "{{ '%(a)s' % shop }}",
    "globals": "{{ self.__init__.__globals__ }}",
    "a namespace": "{% set ns = namespace(x=1) %}{{ ns.x }}",
    "cycler": "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
    "lipsum": "{{ lipsum.__globals__['os'] }}",
    "an import": "{% import 'os' as os %}{{ os.name }}",
    "an include": "{% include '/etc/passwd' %}",
    "an inheritance": "{% extends '/etc/passwd' %}",
    "a method of a value": "{{ shop.__repr__() }}",
    "no escaping": "{% autoescape false %}{{ name }}{% endautoescape %}",
    "safe": "{{ name|safe }}",
}
BOMBS = {
    "doubling": "{% set name = name ~ name %}" * 40 + "{{ name }}",
    "a recursive macro": "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "a huge range": "{% for i in range(10000000000) %}{% endfor %}",
    "a long text": "{{ 'x' * 10000000000 }}",
    "a wide text": "{{ '%9999999999d' % 1 }}",
    "a power": "{{ 9 ** 9 ** 9 }}",
    "nested loops": "{% for line in lines %}" * 20 + "x" + "{% endfor %}" * 20,
    "nested loops that say nothing": "{% for line in lines %}" * 12 + "{% endfor %}" * 12,
    "a loop over letters": "{% for letter in name %}{{ letter }}{% endfor %}",
    "a recursive loop": "{% for line in lines recursive %}{{ loop(lines) }}{% endfor %}",
    "joins in joins": "{{ lines|join(" * 30 + "name" + ")" * 30 + " }}",
    "lists of texts of lists": "{{ name" + "|list|string" * 30 + " }}",
    "a list of its own": "{{ [" + "name," * 1_000 + "]|join(name) }}",
    "wide padding": "{{ name|center(10000000000) }}",
    "deep brackets": "{{ " + "(" * 50_000 + "1" + ")" * 50_000 + " }}",
    "deep conditions": "{% if name %}" * 500 + "{% endif %}" * 500,
    "ten megabytes": "x" * 10_000_000,
    "open brackets": "{{" * 49_000,
}


FILES = packaged_content().files


def faults_of(path: str, text: str) -> list[Fault]:
    """What is said of this text in one file; soon, and without much memory."""
    started = time.monotonic()
    tracemalloc.start()
    try:
        found = [fault for fault in lint(content_of({path: text})) if fault.file == path] or compiled(**{path: text})
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert time.monotonic() - started < LONGEST_S
    assert most < MOST_BYTES
    return found


def compiled(**changes: str) -> list[Fault]:
    """What compiling the confirmation says, with some files written anew."""
    try:
        compile_mail(word_mail(dict(FILES) | changes, "order_confirmation", "en", formal=False))
    except ContentError as error:
        return list(error.faults)
    return []


@pytest.mark.parametrize("name", ESCAPES)
def test_a_way_out_of_the_sandbox_is_refused(name: str) -> None:
    assert faults_of(SUBJECT, ESCAPES[name])


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_before_it_goes_off(name: str) -> None:
    assert faults_of(SUBJECT, BOMBS[name])


@pytest.mark.parametrize("name", ["doubling", "nested loops", "deep brackets", "lists of texts of lists"])
def test_a_bomb_in_a_text_is_refused_too(name: str) -> None:
    assert faults_of(TEXTS, f'headline: "{BOMBS[name]}"\n')


@pytest.mark.parametrize(
    "included",
    [
        '<mj-include path="/etc/hostname" type="html" />',
        "<mj-include path='/etc/hostname' />",
        "<MJ-INCLUDE path='/etc/hostname' />",
        """{{ "<mj-include path='/etc/hostname' />" }}""",
    ],
)
def test_no_template_reads_a_file_of_this_machine(included: str) -> None:
    (fault,) = compiled(**{BODY: f"<mjml><mj-body>{included}</mj-body></mjml>"})
    assert "an mj-include is not written as it must be" in str(fault)


def test_a_file_that_includes_itself_is_refused_and_so_are_files_that_grow_by_including() -> None:
    body = '<mjml><mj-body><mj-include path="components/other.mjml" /></mj-body></mjml>'
    files = {BODY: body, OTHER: '<mj-include path="components/other.mjml" />'}
    assert "it includes itself" in str(compiled(**files))
    chain = {
        f"email_templates/components/n{n}.mjml": f'<mj-include path="components/n{n + 1}.mjml" />' * 2
        for n in range(24)
    }
    chain["email_templates/components/n24.mjml"] = SECTION.format("x")
    growing = {BODY: body.replace("other", "n0")} | chain
    assert "with all that it includes" in str(compiled(**growing))


@pytest.mark.parametrize(
    "expression",
    [
        "{{ x" + "|list|string" * 12 + " }}",
        "{{ many|join(x) }}",
        "{{ 1.5|round(1000000000, 'ceil') }}",
        "{{ x|attr('__class__') }}",
        "{{ x.__class__ }}",
        "{{ 9 ** 9 }}",
        "{{ x * 1000 }}",
    ],
)
def test_what_gets_past_the_look_is_stopped_while_it_runs(expression: str) -> None:
    values: dict[str, Any] = {"x": "x" * 1000, "many": ["y"] * 1000}
    with pytest.raises(Exception, match=r".") as caught:
        Sandbox(autoescape=False).from_string(expression).render(values)
    assert isinstance(caught.value, SecurityError) or "attr" in str(caught.value) or "unsafe" in str(caught.value)


def test_filters_that_stay_small_work_as_ever() -> None:
    render = Sandbox(autoescape=False).from_string("{{ tips|join(', ') }} {{ 2.345|round(1) }} {{ name|upper }}").render
    assert render(tips=["a", "b"], name="mia") == "a, b 2.3 MIA"
    assert LONGEST_VALUE > 100_000


def test_a_path_out_of_the_content_leads_nowhere() -> None:
    (fault,) = compiled(**{BODY: '<mjml><mj-body><mj-include path="../../../../etc/hostname" /></mj-body></mjml>'})
    assert "the file is missing" in str(fault)


@pytest.mark.parametrize("text", [" " * 90_000, "<mj-a " * 15_000, '<mj-a "' * 12_000, "{% if name %}" * 7_000])
def test_no_pattern_runs_long_over_a_file_made_for_it(text: str) -> None:
    faults_of(BODY, f"<mjml><mj-body>{text}<mj-include</mj-body></mjml>")
