"""What the pages behind links show, put into words."""

from dataclasses import dataclass, replace

from worker.feedback.pages import Person
from worker.feedback.preferences import CHOICE_OF, Choice
from worker.links import LinkToken, Purpose
from worker.web.words.languages import WORDS, accepted, understood
from worker.web.words.port import PageWords


@dataclass(frozen=True, kw_only=True)
class Option:
    """One more choice of the preferences page, with its switch. `action`: where its form goes."""

    name: str
    meaning: str
    is_on: bool
    is_fixed: bool
    action: str


@dataclass(frozen=True, kw_only=True)
class View:
    """One page. `button` empty: none. `saved`: a word that the last tap counted."""

    language: str
    title: str
    text: str
    button: str = ""
    action: str = "?"
    is_done: bool = False
    options_title: str = ""
    options: tuple[Option, ...] = ()
    saved: str = ""


def view_of(link: LinkToken, person: Person, *, was_saved: bool = False) -> View:
    """The page behind a link. `was_saved`: it answers a tap on one of its further choices."""
    language = understood(person.locale, person.profile.locale)
    view = _view(link, person, language, was_saved=was_saved)
    return replace(view, saved=WORDS[language].tested) if link.is_test else view


def _view(link: LinkToken, person: Person, language: str, *, was_saved: bool) -> View:
    if link.purpose in CHOICE_OF:
        return _preferences(link.purpose, person, language, was_saved=was_saved)
    named = _named(person, language)
    words, done = WORDS[language].pages[link.purpose], person.is_done
    undo = words.undo if person.may_undo else ""
    return _said(language, words, named, undo=undo, is_done=done, action="?undo=1" if done else "?")


def gone(accept_language: str) -> View:
    """The page behind a link that is none, in the language that the browser likes best of those we speak."""
    language = accepted(accept_language)
    return _without_person(language, WORDS[language].gone)


def away(accept_language: str) -> View:
    """The page behind any link while nobody can tell whose it is."""
    language = accepted(accept_language)
    return _without_person(language, WORDS[language].away)


def _without_person(language: str, words: tuple[str, str]) -> View:
    title, text = words
    return View(language=language, title=title, text=text)


def _preferences(purpose: Purpose, person: Person, language: str, *, was_saved: bool) -> View:
    """Its link's choice first, the others below; who wants nothing but receipts has no others to make."""
    said, named, own = person.preferences, _named(person, language), WORDS[language]
    if said.is_silent:
        title, text = own.silent
        return View(language=language, title=title.format(**named), text=text.format(**named), is_done=True)
    main = Choice.RECEIPTS if Choice.RECEIPTS in said.made else CHOICE_OF[purpose]
    words = own.pages[next(each for each, choice in CHOICE_OF.items() if choice is main)]
    done = main in said.made
    others = () if Choice.RECEIPTS in said.made else tuple(choice for choice in Choice if choice is not main)
    return _said(
        language,
        words,
        named,
        undo="" if main in said.fixed else words.undo,
        is_done=done,
        action=_action(main, undo=done),
        options_title=own.less[purpose],
        options=tuple(_option(choice, person, language) for choice in others),
        saved=own.saved if was_saved and others else "",
        also=own.heard if done and main is Choice.RECEIPTS and person.shop_hears else "",
    )


def _said(
    language: str,
    words: PageWords,
    named: dict[str, str],
    *,
    undo: str,
    is_done: bool,
    action: str,
    options_title: str = "",
    options: tuple[Option, ...] = (),
    saved: str = "",
    also: str = "",
) -> View:
    title, text = (words.done_title, words.done_text) if is_done else (words.title, words.text)
    text = f"{text} {also}".rstrip()
    return View(
        language=language,
        title=title.format(**named),
        text=text.format(**named),
        button=(undo if is_done else words.button).format(**named),
        action=action,
        is_done=is_done,
        options_title=options_title,
        options=options,
        saved=saved,
    )


def _option(choice: Choice, person: Person, language: str) -> Option:
    is_on = choice in person.preferences.made
    words = WORDS[language].choices[choice]
    return Option(
        name=words.name,
        meaning=words.meaning,
        is_on=is_on,
        is_fixed=choice in person.preferences.fixed,
        action=_action(choice, undo=is_on),
    )


def _action(choice: Choice, *, undo: bool) -> str:
    return f"?choice={choice.value}" + ("&undo=1" if undo else "")


def _named(person: Person, language: str) -> dict[str, str]:
    return {"shop": person.profile.name, "product": person.product or WORDS[language].this_product}
