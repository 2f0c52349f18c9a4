"""The pages that show kept mails."""

import http.client
import re
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest

from tests.integration.web.conftest import Served
from worker.rendering.pictures import DESKTOP, PHONE, camera
from worker.store.models import OutboxMail
from worker.web.outbox import AT_ONCE

AT = datetime(2026, 5, 14, 8, 3, tzinfo=UTC)


def test_an_empty_outbox_says_what_to_do(served: Served) -> None:
    status, page, _ = get(served.url, "/outbox")
    assert status == 200
    assert "No mail yet" in page


def test_the_address_that_up_prints_leads_to_the_kept_mails(served: Served) -> None:
    status, _, headers = get(served.url, "/")
    assert (status, headers["Location"]) == (302, "/outbox")


def test_the_newest_mail_is_listed_first_and_text_is_escaped(served: Served) -> None:
    keep(served, subject="First")
    keep(served, subject="Second <script>")
    page = get(served.url, "/outbox")[1]
    assert page.index("Second &lt;script&gt;") < page.index("First")


def test_a_long_outbox_leads_on_to_the_older_mails(served: Served) -> None:
    for number in range(AT_ONCE + 1):
        keep(served, subject=f"Mail {number}.")
    page = get(served.url, "/outbox")[1]
    assert ("Mail 1." in page, "Mail 0." in page) == (True, False)
    [older] = re.findall(r'href="(/outbox\?before=[^"]+)"', page)
    page = get(served.url, older)[1]
    assert ("Mail 1." in page, "Mail 0." in page, "?before=" in page) == (False, True, False)


def test_a_mail_is_shown_at_phone_and_desktop_width_with_its_text_and_headers(served: Served) -> None:
    mail = keep(served, subject="Order 1042 confirmed")
    page = get(served.url, f"/outbox/{mail.id}")[1]
    assert page.count(f'src="/outbox/{mail.id}/body"') == 2
    for name, width in (("Phone", PHONE), ("Desktop", DESKTOP)):
        assert f"{name}, {width} px" in page
        assert f'width="{width}"' in page
    assert "Hello Mia" in page
    assert "Auto-Submitted" in page


def test_a_mails_html_runs_nothing(served: Served) -> None:
    mail = keep(served, subject="Order 1042 confirmed")
    status, body, headers = get(served.url, f"/outbox/{mail.id}/body")
    assert (status, body) == (200, "<p>Hello Mia</p>")
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("sandbox allow-popups allow-popups-to-escape-sandbox;"), "tapped links open a tab"
    assert "script" not in policy
    assert get(served.url, f"/outbox/{mail.id}")[1].count('sandbox="allow-popups allow-popups-to-escape-sandbox"') == 2


@pytest.mark.parametrize("path", ["/outbox/no-id", "/outbox/01890000-0000-7000-8000-000000000000"])
def test_a_mail_that_is_not_there_is_not_found(served: Served, path: str) -> None:
    assert get(served.url, path)[0] in (404, 422)


@pytest.mark.parametrize("headers", [{"Host": "outbox.attacker.example"}, {"X-Forwarded-For": "203.0.113.9"}])
def test_the_outbox_is_for_this_machine_alone(served: Served, headers: dict[str, str]) -> None:
    assert get(served.url, "/outbox", headers)[0] == 404


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("width", [PHONE, 1280])
def test_the_frames_of_a_mail_are_as_wide_as_they_say_and_the_page_fits_the_screen(served: Served, width: int) -> None:
    mail = keep(served, subject="Order 1042 confirmed")
    with camera() as taken:
        page = taken.browser.new_page(viewport={"width": width, "height": 800})
        page.goto(f"{served.url}/outbox/{mail.id}")
        frames = [frame.evaluate("innerWidth") for frame in page.frames[1:]]
        page_width = page.evaluate("document.documentElement.scrollWidth")
    assert (frames, page_width) == ([PHONE, DESKTOP], width)


def keep(served: Served, *, subject: str) -> OutboxMail:
    mail = OutboxMail(
        sender="Northkettle <orders@northkettle.example>",
        to="mia@example.com",
        subject=subject,
        headers={"Auto-Submitted": "auto-generated"},
        html="<p>Hello Mia</p>",
        text="Hello Mia",
        at=AT,
    )
    with served.shop.installation.database.write() as session:
        session.add(mail)
    return mail


def get(url: str, path: str, headers: dict[str, str] | None = None) -> tuple[int, str, http.client.HTTPMessage]:
    place = urlsplit(url)
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=30)
    try:
        connection.request("GET", path, headers=headers or {})
        reply = connection.getresponse()
        return reply.status, reply.read().decode(), reply.headers
    finally:
        connection.close()
