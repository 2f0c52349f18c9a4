"""Links of a mail get other addresses, and nothing else of it changes."""

from worker.rendering.wrapping import with_addresses


def test_links_alone_are_exchanged_and_asked_for_once_each_as_they_are_meant() -> None:
    asked: list[str] = []

    def address_of(url: str) -> str | None:
        asked.append(url)
        return None if "keep" in url else f"https://l/{len(asked)}"

    html = (
        '<link href="https://fonts/x"><a href="https://shop/?a=1&amp;b=2"><img src="https://shop/?a=1&amp;b=2"></a>'
        '<p>2 < 3 href="https://shop/text"</p><a class="btn"\n style="x" href="https://shop/?a=1&amp;b=2">B</a>'
        '<area href="https://shop/area"><a href="https://keep/">K</a>'
    )
    expected = html.replace('<a href="https://shop/?a=1&amp;b=2"', '<a href="https://l/1"')
    expected = expected.replace('style="x" href="https://shop/?a=1&amp;b=2"', 'style="x" href="https://l/1"')
    assert with_addresses(html, address_of) == expected
    assert asked == ["https://shop/?a=1&b=2", "https://keep/"]


def test_a_mail_without_links_stays_as_it_is() -> None:
    assert with_addresses("<p>Soon.</p>", lambda _: "https://l/1") == "<p>Soon.</p>"
