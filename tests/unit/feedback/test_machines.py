"""Whether a request looks like a person's."""

import pytest

from worker.feedback.machines import why_machine

SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/17.5 Mobile/15E148 Safari/604.1"
)
CUBOT = "Mozilla/5.0 (Linux; Android 12; CUBOT P60) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36"
IN_APP = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 [FBAN/FBIOS;FBAV/470.0]"


@pytest.mark.parametrize(
    "headers",
    [
        {"user-agent": SAFARI},
        {"user-agent": CUBOT},
        {"user-agent": IN_APP},
        {"user-agent": "Opera/9.80 (Android; Opera Mini/36.2/191.0; U; en) Presto/2.12 Version/12.16"},
        {"user-agent": SAFARI, "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"},
    ],
)
def test_browsers_are_people(headers: dict[str, str]) -> None:
    assert why_machine("GET", headers) == ""


@pytest.mark.parametrize(
    "agent",
    [
        *("", "curl/8.5.0", "python-requests/2.32", "Go-http-client/2.0", "WhatsApp/2.23.20.0 A", "okhttp/4.12.0"),
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; bingbot/2.0) Chrome/116.0 Safari/537.36",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/126.0",
        "Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5",
        "Mozilla/4.0 (compatible; ms-office; MSOffice 16)",
        "Mozilla/5.0 (compatible; Proofpoint URL Defense)",
        "Mozilla/5.0 (Macintosh) Chrome/126.0 (compatible; YahooMailProxy; https://help.yahoo.com)",
    ],
)
def test_robots_previews_and_guards_of_mailboxes_are_machines(agent: str) -> None:
    assert why_machine("GET", {"user-agent": agent} if agent else {})


@pytest.mark.parametrize(
    ("method", "told"),
    [
        ("HEAD", {}),
        ("GET", {"sec-purpose": "prefetch;prerender"}),
        ("GET", {"purpose": "prefetch"}),
        ("GET", {"x-purpose": "preview"}),
        ("GET", {"x-moz": "prefetch"}),
        ("GET", {"sec-fetch-mode": "no-cors"}),
    ],
)
def test_what_nobody_tapped_is_no_click_though_a_browser_asks(method: str, told: dict[str, str]) -> None:
    assert why_machine(method, {"user-agent": SAFARI, **told})
