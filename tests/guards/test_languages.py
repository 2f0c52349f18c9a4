"""A language that comes with the program is there as a whole: mails, reasons of offers, pages, an example."""

import pytest

from schedules.sequence import TEMPLATES
from schedules.shop import Role
from worker.feedback.preferences import CHOICE_OF, Choice
from worker.links import Purpose
from worker.personalisation.wording import REASONS
from worker.preview.example import example_inputs
from worker.rendering.compiling import FORMAL, read_words
from worker.rendering.spoken import languages_of
from worker.store.content import packaged_content
from worker.web.words.languages import WORDS

FILES = packaged_content().files
LANGUAGES = languages_of(FILES, "components")


def _names(folder: str, language: str) -> set[str]:
    return {name.removesuffix(FORMAL) for name in read_words(FILES, f"{folder}/texts.{language}.yaml")}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_packaged_language_has_every_text_of_english_and_no_other(language: str) -> None:
    for folder in ("components", *TEMPLATES.values()):
        assert _names(folder, language) == _names(folder, "en"), folder


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_packaged_language_has_every_page_of_customers(language: str) -> None:
    words = WORDS[language]
    assert words.pages.keys() == set(Purpose) - {Purpose.CLICK}
    assert words.choices.keys() == set(Choice)
    assert words.less.keys() == CHOICE_OF.keys()
    for page in words.pages.values():
        for said in page:
            assert "{" not in said.format(shop="Northkettle", product="Dripper 02")


def test_the_packaged_languages_are_the_same_everywhere() -> None:
    assert set(LANGUAGES) == WORDS.keys() == REASONS.keys()
    for language in LANGUAGES:
        guide = example_inputs("follow_up", role=Role.REPLACE, language=language).guide
        assert guide is not None, language
