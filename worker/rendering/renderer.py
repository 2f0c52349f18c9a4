"""One mail, rendered: subject, inbox preview, HTML and plain text."""

import dataclasses
import threading
from typing import Any

from worker.errors import ContentError, Fault
from worker.rendering import formats
from worker.rendering.builder import Builder
from worker.rendering.compiling import Compiled, compile_mail, languages_of
from worker.rendering.context import MailContext
from worker.rendering.plain import wrapped
from worker.rendering.port import Content, MailInputs, RenderedMail

TEMPLATES = {"confirmation": "order_confirmation", "shipping": "shipping_confirmation", "follow_up": "follow_up"}
LARGEST_BYTES = 300_000
"""A mail this large is a mistake in its template: Gmail clips at 102 KB."""
PADDING = "\u00a0\u200c" * 60
"""Follows the inbox preview, so that no body text leaks into it."""
KEPT = 512


class Renderer:
    """Renders mails; keeps what it compiled, per content and language. Thread-safe."""

    def __init__(self) -> None:
        self._compiled: dict[tuple[str, str, str, bool], Compiled] = {}
        self._lock = threading.Lock()

    def render(self, content: Content, inputs: MailInputs) -> RenderedMail:
        """Renders one mail.

        Raises:
            ContentError: the template is broken, or the mail would be larger than 300 KB.
        """
        template = TEMPLATES[inputs.step]
        locale = formats.locale_of(inputs.locale, inputs.shop.locale)
        language = self._language(content, template, locale, inputs.shop.locale)
        if language != formats.language_of(locale):
            locale = formats.locale_of(language)
        formal = inputs.shop.formal_address.get(language, False)
        compiled = self.compiled(content, template, language, formal=formal)
        context = Builder(inputs, locale, compiled.labels).build()
        return _run(compiled, context, template)

    def compiled(self, content: Content, template: str, language: str, *, formal: bool) -> Compiled:
        """The compiled template, from memory or made now."""
        key = (content.digest, template, language, formal)
        found = self._compiled.get(key)
        if found is None:
            found = compile_mail(content.files, template, language, formal=formal)
            with self._lock:
                if len(self._compiled) >= KEPT:
                    self._compiled.clear()
                self._compiled[key] = found
        return found

    def _language(self, content: Content, template: str, locale: str, shop_locale: str) -> str:
        """The customer's language if the template has it, else the shop's, else English, else whatever there is."""
        have = languages_of(content.files, template)
        wanted = (formats.language_of(locale), formats.language_of(formats.locale_of(shop_locale)), "en", *have)
        return next((language for language in wanted if language in have), "en")


def _run(compiled: Compiled, context: MailContext, template: str) -> RenderedMail:
    values: dict[str, Any] = {each.name: getattr(context, each.name) for each in dataclasses.fields(context)}
    subject = _one_line(compiled.subject.render(values))
    preview = _one_line(compiled.preheader.render(values))
    html = _capped(compiled.html, values | {"preheader": preview + PADDING}, template)
    text = wrapped(_capped(compiled.text, values, template))
    return RenderedMail(subject=subject, preview=preview, html=html, text=text, variant=context.variant)


def _capped(template: Any, values: dict[str, Any], name: str) -> str:
    """Runs a template and stops it once its output is larger than any mail may be."""
    parts: list[str] = []
    size = 0
    for part in template.generate(values):
        size += len(part)
        if size > LARGEST_BYTES:
            problem = f"it makes a mail of more than {LARGEST_BYTES // 1000} KB."
            raise ContentError([Fault(f"email_templates/{name}", None, problem, "Look for a loop that is too long.")])
        parts.append(part)
    return "".join(parts)


def _one_line(text: str) -> str:
    """A header's value: one line without control characters."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())
