"""Broken content is named by file, line and remedy before it can be published."""

import pytest

from tests.support.mailing import changed
from worker.errors import ContentError
from worker.rendering.lint import lint
from worker.rendering.renderer import Renderer
from worker.store.content import content_of, packaged_content

ROOT = "email_templates"
BODY = f"{ROOT}/order_confirmation/body.mjml"
TEXTS = f"{ROOT}/order_confirmation/texts.en.yaml"
SEQUENCE = "sequences/post_purchase.yaml"


def test_the_packaged_content_is_without_fault() -> None:
    assert lint(packaged_content()) == []


@pytest.mark.parametrize(
    ("path", "old", "new", "has_line", "words"),
    [
        (TEXTS, "{{ order.number }} is confirmed", "{{ order.nummer }} is confirmed", True, "'nummer' is unknown"),
        (BODY, "{% if companion %}", "{% if companionn %}", True, "'companionn' is unknown. Close to it: companion"),
        (BODY, "{% if companion %}", "{% if shop.secret %}", True, "'secret' is unknown"),
        (BODY, "{% if companion %}", "{% for x in shop %}{% endfor %}{% if companion %}", True, "no list of the mail"),
        (BODY, "{% if companion %}", "{% for x in lines.x %}{% endfor %}{% if companion %}", True, "line.properties"),
        (BODY, "</mj-section>", "</mj-sectio>", True, "</mj-sectio> closes nothing"),
        (BODY, "{% endif %}", "", False, "endif"),
        (TEXTS, 'view_order: "View your order"', "view_order: [", False, "cannot be read"),
        (TEXTS, 'view_order: "View your order"', "", False, "[[view_order]] is missing. (en)"),
        (TEXTS, "View your order", "{{ shop.name.upper() }}", True, "calls a function"),
        (SEQUENCE, "send: 9 days", "send: soon", True, "'soon' is not a delay"),
        (
            SEQUENCE,
            "orders_within: 14 days",
            "orders_within: 15 days",
            True,
            "more than 14 days apart are never looked at",
        ),
    ],
)
def test_a_fault_is_named_with_its_file_and_line(path: str, old: str, new: str, has_line: bool, words: str) -> None:
    faults = lint(changed(path, old, new))
    assert any(words in str(fault) for fault in faults), faults
    named = next(fault for fault in faults if words in str(fault))
    assert named.file in (path, f"{ROOT}/order_confirmation/subject.txt", f"{ROOT}/order_confirmation/body.mjml")
    if has_line:
        text = packaged_content().files[path]
        assert named.line == text.count("\n", 0, text.index(old)) + 1


@pytest.mark.parametrize(
    "attack",
    ["{{ shop.__class__.__mro__ }}", "{{ ''.__class__ }}", "{{ lines.__init__.__globals__ }}", "{{ cycler }}"],
)
def test_a_template_cannot_leave_its_sandbox(attack: str) -> None:
    assert lint(changed(BODY, "[[view_order]]", attack))


def test_an_unknown_name_that_reaches_the_renderer_is_refused_there_too() -> None:
    from tests.support.mailing import example

    content = changed(f"{ROOT}/order_confirmation/subject.txt", "{% if companion %}", "{{ nothing }}{% if companion %}")
    with pytest.raises(Exception, match="nothing"):
        Renderer().render(content, example("confirmation"))


def test_a_mail_of_ten_megabytes_is_stopped() -> None:
    from tests.support.mailing import example

    long = "x" * 40_000
    loop = f"<mj-raw>{{% for a in lines %}}{{% for b in lines %}}{long}{{% endfor %}}{{% endfor %}}</mj-raw>"
    content = changed(BODY, '<mj-include path="components/footer.mjml" />', loop)
    with pytest.raises(ContentError, match="300 KB"):
        Renderer().render(content, example("confirmation"))


@pytest.mark.parametrize(
    "bomb", ["{{ 'x' * 999999999 }}", "{{ '%999999999d' % 1 }}", "{{ 9 ** 99999999 }}", "{{ 1 / 0 }}"]
)
def test_an_expression_that_would_grow_or_break_is_refused_in_words(bomb: str) -> None:
    from tests.support.mailing import example

    content = changed(BODY, '<mj-include path="components/footer.mjml" />', f"<mj-raw>{bomb}</mj-raw>")
    with pytest.raises(ContentError, match=r"cannot be worked out|may not be used"):
        Renderer().render(content, example("confirmation"))


@pytest.mark.parametrize("name", ["center", "indent", "format", "safe", "pprint", "tojson", "map"])
def test_filters_that_grow_or_unescape_are_unknown(name: str) -> None:
    content = changed(BODY, '<mj-include path="components/footer.mjml" />', f"<mj-raw>{{{{ name|{name} }}}}</mj-raw>")
    assert any(name in str(fault) for fault in lint(content))


def test_everything_that_a_new_language_lacks_is_named_at_once() -> None:
    files = dict(packaged_content().files)
    for path in [path for path in files if path.endswith("texts.en.yaml")]:
        files[path.replace(".en.", ".da.")] = files[path]
    danish, shared = f"{ROOT}/follow_up/texts.da.yaml", f"{ROOT}/components/texts.da.yaml"
    files[danish] = _without(files[danish], "intro", "subject")
    files[shared] = _without(files[shared], "terms")
    told = [str(fault) for fault in lint(content_of(files)) if "follow_up/" in str(fault)]
    for name, home in {"intro": "follow_up", "subject": "follow_up", "terms": "components"}.items():
        named = [fault for fault in told if f"[[{name}]] is missing" in fault]
        assert len(named) == 1, told
        assert f"Add it to {home}/texts.da.yaml" in named[0]


def _without(texts: str, *names: str) -> str:
    return "\n".join(line for line in texts.splitlines() if line.partition(":")[0] not in names)


def test_a_language_that_the_shared_parts_lack_says_what_to_copy() -> None:
    files = dict(packaged_content().files)
    for mail in ("follow_up", "shipping_confirmation"):
        files[f"{ROOT}/{mail}/texts.da.yaml"] = files[f"{ROOT}/{mail}/texts.en.yaml"]
    [fault] = lint(content_of(files))  # said once, for both mails
    assert fault.file == f"{ROOT}/components/texts.da.yaml"
    assert "Copy texts.en.yaml there and translate it" in fault.remedy


def test_a_name_that_resembles_none_is_answered_by_all_there_are() -> None:
    [fault] = lint(changed(TEXTS, "{{ order.number }} is confirmed", "{{ xyzzy }} is confirmed"))
    assert "There are: " in fault.remedy
    assert "unsubscribe_url" in fault.remedy
