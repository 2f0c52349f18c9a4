"""Slips of those who edit mails: each is named with its line and what to do, before a customer reads it."""

import pytest

from tests.support.mailing import changed
from worker.demo.situations import example
from worker.errors import ContentError, Fault
from worker.preview.rehearsing import examine
from worker.preview.situations import in_situation, situations_of
from worker.rendering.as_typed import read_as_typed
from worker.rendering.lint import lint
from worker.rendering.port import Content
from worker.rendering.renderer import Renderer
from worker.rendering.unread import unread
from worker.store.content import content_of, packaged_content

ROOT = "email_templates"
TEXTS = f"{ROOT}/follow_up/texts.en.yaml"
BODY = f"{ROOT}/follow_up/body.mjml"
INTRO = '"You have had it for a few days. One tap tells us whether it is what you hoped for."'
SEQUENCE = "sequences/post_purchase.yaml"


def found(content: Content) -> list[Fault]:
    return [*lint(content), *read_as_typed(content.files)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('"Hi {name}"', "{name} as it stands. Write {{ name }}"),
        ('"Hi { { name } }"', "as it stands. Write {{ name }}"),
        ('"Hi *|FNAME|*"', "*|FNAME|* as it stands"),
        ('"Hi [[name]]"', "[[ as it stands. Texts hold no other texts"),
        ('"It is <b>yours</b>"', "<b> as it stands. Leave it out"),
        ('"Fish&nbsp;and"', "&nbsp; as it stands. Write the sign itself"),
        ("42", 'behind intro is no text. Put it in double quotes: intro: "…"'),
        ("no", "behind intro is no text"),
        ("", "behind intro is no text"),
        (
            '"say "hi" to it"',
            "does not end where it should, here or in the line before. Put each text in double quotes",
        ),
        ('"{{ lines }}"', "'lines' is no text: customers would read how it is stored. Run over it"),
        ('"{{ code }}"', "Name what you want of it, like code.code."),
        ('"{{ pickup }}"', "It is yes or no: write {% if pickup %}"),
        ('"{{ hero.title }}"', "'title' is unknown here. It has no parts"),
        ('"{% if name %}Hi"', "an {% if … %} is not closed. Put its {% endif %} back."),
        ('"{% fi name %}Hi"', "there is no {% fi %}. There are if, elif, else"),
        ('"{% endif %}Hi"', "{% endif %} stands alone."),
    ],
)
def test_a_slip_in_a_text_is_named_at_its_line(text: str, words: str) -> None:
    content = changed(TEXTS, f"intro: {INTRO}", f"intro: {text}")
    told = [fault for fault in found(content) if words in str(fault)]
    assert told, found(content)
    line = packaged_content().files[TEXTS].split(f"intro: {INTRO}")[0].count("\n") + 1
    assert told[0].file == TEXTS
    assert told[0].line in (line, line + 1)


@pytest.mark.parametrize("text", ['"5 < 6 & 7 > 3, {{ name }} 🎉 مرحبا"', "\"50 % {{ '{' }}\"", '"Tom [& Co]"'])
def test_what_only_looks_like_a_slip_may_stand_in_a_text(text: str) -> None:
    assert found(changed(TEXTS, f"intro: {INTRO}", f"intro: {text}")) == []


@pytest.mark.parametrize(
    ("markup", "words"),
    [
        ('<mj-image src="file:///C:/banner.png" />', "file:///C:/banner.png leads nowhere in a mailbox"),
        ('<mj-image src="images/banner.png" />', "images/banner.png leads nowhere"),
        ('<mj-image src="data:image/png;base64,AAAA" />', "leads nowhere in a mailbox"),
        ('<mj-image src="https://northkettle.example/a.webp?v=2" />', "do not show https://northkettle.example/a.webp"),
        ('<mj-button href="www.northkettle.example">Shop</mj-button>', "www.northkettle.example leads nowhere"),
        ("<mj-raw><script>count()</script></mj-raw>", "mailboxes take <script> out"),
        ("<mj-text>[[View_order]]</mj-text>", "Write names in small letters"),
        ("<mj-text>Hi {name}</mj-text>", "{name} as it stands"),
    ],
)
def test_what_no_mailbox_shows_is_named_at_its_line(markup: str, words: str) -> None:
    section = f"\n<mj-section><mj-column>{markup}</mj-column></mj-section>\n</mj-body>"
    content = changed(BODY, "</mj-body>", section)
    [fault] = found(content)
    assert words in str(fault)
    assert fault.line == packaged_content().files[BODY].split("</mj-body>")[0].count("\n") + 2


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("      send: 9 days", "       send: 9 days", "does not fit those above it. Begin it as far in"),
        ("      send: 9 days", "\tsend: 9 days", "a tab stands here. Indent with blanks."),
        ("send: 9 days", "send: say: 9 days", "a colon stands where none may"),
        ("send: 9 days", "send: @9 days", "begins with a sign that it may not begin with"),
    ],
)
def test_a_slip_in_the_sequence_is_told_without_the_words_of_its_parser(old: str, new: str, words: str) -> None:
    [fault] = lint(changed(SEQUENCE, old, new))
    assert words in str(fault)
    assert fault.line == packaged_content().files[SEQUENCE].split(old)[0].count("\n") + 1


def test_an_emptied_file_is_said_to_be_empty() -> None:
    files = dict(packaged_content().files)
    assert "it is empty" in str(lint(content_of(files | {BODY: "\n"}))[0])
    assert "it is empty" in str(lint(content_of(files | {SEQUENCE: ""}))[0])
    assert "it holds no texts" in str(lint(content_of(files | {TEXTS: ""}))[0])


def test_a_sum_without_its_name_and_a_mail_in_use_without_its_folder_are_refused() -> None:
    files = dict(packaged_content().files)
    shared = f"{ROOT}/components/texts.de.yaml"
    [line] = [each for each in files[shared].splitlines() if each.startswith("label_outstanding:")]
    told = lint(content_of(files | {shared: files[shared].replace(line, "")}))
    assert [(fault.file, "label_outstanding is missing" in fault.problem) for fault in told] == [(shared, True)]
    without = {path: text for path, text in files.items() if "/replenishment/" not in path}
    assert lint(content_of(without)) == []
    [fault] = lint(content_of(without | {SEQUENCE: files[SEQUENCE].replace("enabled: false", "enabled: true")}))
    assert fault.file == f"{ROOT}/replenishment"


def test_mails_are_tried_in_every_situation_also_where_nobody_lists_them() -> None:
    path = f"{ROOT}/follow_up/preview.json"
    whole = situations_of(packaged_content(), "follow_up")
    for text in ("", "[]", '{"situations": 3}', '{"situations'):
        assert situations_of(content_of(dict(packaged_content().files) | {path: text}), "follow_up") == whole


def test_a_mail_without_a_subject_a_way_out_or_an_address_is_not_published_nor_one_that_gmail_would_cut() -> None:
    files = dict(packaged_content().files)
    assert examine(packaged_content()) == []
    files[f"{ROOT}/order_confirmation/subject.txt"] = ""
    files[BODY] = files[BODY].replace('<mj-include path="components/footer.mjml" />', "")
    shipping = f"{ROOT}/shipping_confirmation/body.mjml"
    files[shipping] = files[shipping].replace("</mj-body>", f"<mj-raw><p>{'x' * 60_000}</p></mj-raw></mj-body>", 1)
    told = [f"{fault.file}: {fault.problem}" for fault in examine(content_of(files))]
    wanted = (
        "order_confirmation/subject.txt: the mail has no subject",
        "follow_up/body.mjml: the link to unsubscribe (unsubscribe_url) is missing",
        "follow_up/body.mjml: the postal address (shop.address) is missing",
        "shipping_confirmation/body.mjml: the mail has",
    )
    assert not [words for words in wanted if not any(words in fault for fault in told)], told
    assert not [fault for fault in told if "body.txt" in fault]
    assert examine(content_of(files), is_back=True) == []  # what the shop had before can always be gone back to


@pytest.mark.parametrize(
    ("expression", "words"),
    [("{{ code.code }}", "Put it between {% if … %} and {% endif %}"), ("{{ 1e999 | int }}", "cannot be worked out")],
)
def test_what_breaks_in_one_mail_names_the_part_and_the_remedy(expression: str, words: str) -> None:
    subject = f"{ROOT}/follow_up/subject.txt"
    files = dict(packaged_content().files)
    content = content_of(files | {subject: files[subject].strip() + expression})
    with pytest.raises(ContentError) as refused:
        Renderer().render(content, in_situation(example("follow_up"), "no_offer", content))
    [fault] = refused.value.faults
    assert (fault.file, words in str(fault)) == (subject, True)


def test_a_file_that_no_mail_reads_and_a_text_that_none_shows_are_warned_of() -> None:
    files = dict(packaged_content().files)
    odd = [f"{ROOT}/follow_up/{name}" for name in ("texts.EN.yaml", "texts.de-AT.yaml", "texts.en (copy).yaml")]
    odd.append(f"{ROOT}/welcome/subject.txt")
    files |= dict.fromkeys(odd, 'intro: "Hello"\n')
    files[TEXTS] += 'headlin.formal: "Good day"\n'
    *unread_files, unshown = unread(files)
    assert [fault.file for fault in unread_files] == sorted(odd)
    assert (unshown.line, "Did you mean headline?" in str(unshown)) == (files[TEXTS].count("\n"), True)
    assert unread(packaged_content().files) == []
