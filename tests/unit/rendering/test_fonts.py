"""No mail fetches a font that its template does not name: whoever serves it would learn who opens what."""

from dataclasses import replace

from tests.support.mailing import RENDERER
from worker.demo.situations import example
from worker.store.content import packaged_content

OWN = '<mj-font name="Kettle" href="https://northkettle.example/kettle.css" />'


def test_a_font_of_the_shops_own_is_fetched_and_none_of_googles() -> None:
    content = packaged_content()
    path = "email_templates/layouts/head.mjml"
    head = content.files[path].replace("<mj-head>", f"<mj-head>{OWN}", 1).replace("Roboto", "Roboto, Lato, Kettle", 1)
    mail = RENDERER.render(
        replace(content, digest="with a font", files={**content.files, path: head}), example("follow_up")
    )
    assert "https://northkettle.example/kettle.css" in mail.html
    assert "googleapis" not in mail.html
