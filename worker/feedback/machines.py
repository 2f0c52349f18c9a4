"""Whether a person or a machine follows a link, by what the request says of itself. Pure.

Mailboxes and their guards fetch links to look for malware, messengers to draw a preview, browsers ahead of a tap.
Whoever hides that sends what a browser sends; those are told by when and how much they fetch, see `clicks.py`.
"""

import re
from collections.abc import Mapping

BROWSER = ("Mozilla/", "Opera/")
"""How every browser's User-Agent has begun for decades; libraries and most tools have names of their own."""
NAMED = re.compile(
    r"(?<!cu)bots?\b|crawl|spider|slurp|scanner|preview|monitor|headless|phantomjs|lighthouse|facebookexternalhit"
    r"|barracuda|proofpoint|mimecast|symantec|messagelabs|trendmicro|sophos|fortinet|forcepoint|safelinks|urldefense"
    r"|cloudmark|zscaler|ms-office|existence discovery|imageproxy|mailproxy|google-safety|python|curl|wget",
    re.IGNORECASE,
)
"""Those that say beside "Mozilla" what they are: robots (the Cubot is a phone), previews, guards of mailboxes."""
AHEAD = ("sec-purpose", "purpose", "x-purpose", "x-moz")
"""Headers by which browsers say that nobody has tapped yet: Fetch standard, older Chrome, Safari, Firefox."""


def why_machine(method: str, headers: Mapping[str, str]) -> str:
    """Why the request is a machine's, in a few words; empty when it may be a person's. Headers by lower-case name."""
    if method == "HEAD":
        return "asks for headers alone"  # browsers do that for nobody's tap
    said = next((headers[name].lower() for name in AHEAD if name in headers), "")
    if "prefetch" in said or "preview" in said or "prerender" in said:
        return "fetched ahead"
    if headers.get("sec-fetch-mode", "navigate") != "navigate":
        return "fetched by a script"  # a tap is a navigation, and browsers say so (Fetch Metadata)
    agent = headers.get("user-agent", "")
    if not agent.startswith(BROWSER):
        return "no browser"
    return "a robot by its name" if NAMED.search(agent) else ""
