"""One mail, rendered: subject, inbox preview, HTML and plain text."""

from itertools import islice
from typing import Any

from jinja2 import Template
from jinja2.runtime import Context

from schedules.sequence import TEMPLATES
from worker.errors import ContentError, Fault
from worker.kept import Kept
from worker.rendering.builder import Builder
from worker.rendering.compiling import Compiled, Worded, compile_mail, word_mail
from worker.rendering.context import MailContext, ShopContext
from worker.rendering.jinja_slips import told_of_running
from worker.rendering.plain import header_line, wrapped
from worker.rendering.port import Content, MailInputs, RenderedMail
from worker.rendering.shops import shop_context
from worker.rendering.spoken import spoken

LARGEST_BYTES = 300_000
"""A mail this large is a mistake in its template: Gmail clips at 102 KB."""
PARTS = 100
"""Pieces of output between two looks at their size; none is longer than a value of the mail."""
PADDING = "\u00a0\u200c" * 60
"""Follows the inbox preview, so that no body text leaks into it."""
KEPT_WORDED, KEPT_COMPILED = 128, 1024
"""How many mails stay in memory: HTML per content and language, 60 KB each; templates per shop, 150 KB each."""


class Renderer:
    """Renders mails; keeps what it compiled, per content, language and shop. Thread-safe."""

    def __init__(self) -> None:
        self._worded = Kept[tuple[Any, ...], Worded](KEPT_WORDED)
        self._compiled = Kept[tuple[Any, ...], Compiled](KEPT_COMPILED)

    def render(self, content: Content, inputs: MailInputs) -> RenderedMail:
        """Renders one mail.

        Raises:
            ContentError: the template is broken, or the mail would be larger than 300 KB.
        """
        template = TEMPLATES[inputs.step]
        language, locale = spoken(content, inputs.step, wanted=inputs.locale, shop_locale=inputs.shop.locale)
        formal = inputs.shop.formal_address.get(language, False)
        shop = shop_context(inputs.shop)
        compiled = self._compile(content, shop, template, language, formal=formal)
        context = Builder(inputs, locale, compiled.labels, shop).build()
        return _run(compiled, context, template)

    def _compile(self, content: Content, shop: ShopContext, template: str, language: str, *, formal: bool) -> Compiled:
        """The compiled template, from memory or made now."""
        key = (content.digest, template, language, formal)
        found = self._compiled.get((*key, shop))
        if found is None:
            worded = self._worded.get(key) or word_mail(content.files, template, language, formal=formal)
            self._worded.put(key, worded)
            found = self._compiled.put((*key, shop), compile_mail(worded, shop))
        return found


def _run(compiled: Compiled, context: MailContext, template: str) -> RenderedMail:
    values = vars(context)
    plain = _seen_by(compiled.text, values)
    subject = header_line(_capped(compiled.subject, plain, f"{template}/subject.txt"))
    preview = header_line(_capped(compiled.preheader, plain, f"{template}/preheader.txt"))
    text = wrapped(_capped(compiled.text, plain, f"{template}/body.txt"))
    seen = _seen_by(compiled.html, values | {"preheader": preview + PADDING})
    html = _capped(compiled.html, seen, f"{template}/body.mjml")
    return RenderedMail(subject=subject, preview=preview, html=html, text=text, variant=context.variant)


def _seen_by(template: Template, values: dict[str, Any]) -> Context:
    """The values for templates of one kind. Not copied, and for several: templates define nothing that others see."""
    return template.new_context(values, shared=True)


def _capped(template: Template, values: Context, name: str) -> str:
    """Runs a template and stops it once its output is larger than any mail may be."""
    parts: list[str] = []
    size = 0
    try:
        stream = template.root_render_func(values)
        while size <= LARGEST_BYTES and (more := list(islice(stream, PARTS))):
            size += sum(map(len, more))
            parts += more
    except Exception as error:
        raise _refused(name, *told_of_running(error)) from error
    if size > LARGEST_BYTES:
        problem = f"it makes a mail of more than {LARGEST_BYTES // 1000} KB."
        raise _refused(name, problem, "Look for a loop that is too long.")
    return "".join(parts)


def _refused(name: str, problem: str, remedy: str) -> ContentError:
    return ContentError([Fault(f"email_templates/{name}", None, problem, remedy)])
