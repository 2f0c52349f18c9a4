"""Subject, HTML and text of a mail, on one core, against compiling its MJML per mail."""

import json
import time

from schedules.sequence import STEPS, TEMPLATES
from tests.bench.compiling import forget
from tests.bench.figures import Figure, judged, median_of
from worker.demo.examples import MESSAGE
from worker.demo.situations import example
from worker.dispatch.counting import with_counted_links
from worker.links import LinkSigner
from worker.rendering.compiling import compile_mail, word_mail
from worker.rendering.renderer import Renderer
from worker.store.content import packaged_content
from worker.store.models import Message


def run(*, quick: bool = False) -> list[Figure]:
    renderer, content = Renderer(), packaged_content()
    inputs = [example(step) for step in STEPS]
    signer, message = (
        LinkSigner(["a key"], "https://links.northkettle.example"),
        Message(id=MESSAGE, stream="marketing"),
    )
    texts = [renderer.render(content, each).html for each in inputs]
    sizes = [len(text) for text in texts]

    rounds = 100 if quick else 400

    def mails() -> float:
        start = time.process_time()
        for _ in range(rounds):
            for each in inputs:
                renderer.render(content, each)
        return rounds * len(inputs) / (time.process_time() - start)

    def written() -> float:
        """As many texts of that size, written as JSON: what Python does with a mail at the least."""
        start = time.process_time()
        for _ in range(rounds):
            for each in texts:
                json.dumps(each)
        return rounds * len(texts) / (time.process_time() - start)

    def counting() -> float:
        """Signing and writing in the links that are counted, in microseconds of a mail."""
        start = time.process_time()
        for _ in range(rounds):
            for each, text in zip(inputs, texts, strict=True):
                with_counted_links(signer, message, each, text)
        return (time.process_time() - start) / (rounds * len(inputs)) * 1e6

    def compiling() -> float:
        start = time.process_time()
        for step in STEPS:
            forget()
            compile_mail(word_mail(content.files, TEMPLATES[step], "en", formal=False))
        return len(STEPS) / (time.process_time() - start)

    baseline = median_of(compiling, 3)
    return [
        judged(
            name="render subject, HTML and text, one core",
            value=median_of(mails),
            unit="mails/s",
            baseline=baseline,
            limit=median_of(written),
            must=lambda value, _: value >= 3000,
            aim=lambda value, ratio: value >= 8000 and ratio >= 200,
            must_says="3,000/s",
            aim_says="8,000/s; 200 × compiling per mail",
        ),
        judged(
            name="counted links of a mail, one core",
            value=median_of(counting),
            unit="µs",
            must=lambda value, _: value <= 100,
            aim=lambda value, _: value <= 50,
            must_says="100 µs",
            aim_says="50 µs",
        ),
        Figure(name="size of the three example mails, mean", value=sum(sizes) / len(sizes) / 1024, unit="KB HTML"),
    ]
