"""Whether mailboxes will believe a shop's senders: SPF, DKIM and DMARC of each stream, two streams kept apart.

Gmail and Microsoft refuse domains that send more than 5,000 mails a day without all three (Gmail since 2024-02,
Microsoft since 2025-05-05: 550 5.7.515).
"""

from collections.abc import Iterable

from schedules.shop import ShopProfile, Stream
from worker.delivery.addressing import on_the_wire
from worker.doctor.checks import Check, fail, ok, warn
from worker.doctor.resolver import Resolver

SENDGRID_SELECTORS = ("s1", "s2")
"""Under these SendGrid publishes the DKIM keys of an authenticated domain."""
DMARC_TAGS = ("none", "quarantine", "reject")


def check_senders(profile: ShopProfile, resolver: Resolver, *, selectors: Iterable[str]) -> list[Check]:
    """Checks of both streams. `selectors`: names under which the provider signs; none: DKIM cannot be looked up."""
    name = f"shop {profile.slug}"
    streams = {"receipts": profile.transactional, "marketing": profile.marketing}
    checks: list[Check] = []
    for kind, stream in streams.items():
        domain = domain_of(stream)
        if domain:
            checks += _checked(f"{name}, {kind}", domain, resolver, tuple(selectors))
    return [*checks, *_apart(name, profile)]


def domain_of(stream: Stream) -> str:
    """The domain mails of a stream come from, in ASCII and lower case; empty when it has no sender."""
    try:
        address = on_the_wire(stream.from_address)
    except ValueError:  # the DNS knows no such name, as the checks will say
        address = stream.from_address
    return address.rpartition("@")[2].lower()


def _checked(name: str, domain: str, resolver: Resolver, selectors: tuple[str, ...]) -> list[Check]:
    try:
        return [_spf(name, domain, resolver), *_dkim(name, domain, resolver, selectors), _dmarc(name, domain, resolver)]
    except TimeoutError as error:
        remedy = "Look at this machine's network and name servers, then ask again."
        return [warn(name, f"The DNS does not answer about {domain} ({error}).", remedy)]


def _spf(name: str, domain: str, resolver: Resolver) -> Check:
    records = [text for text in resolver.txt(domain) if text.lower().startswith("v=spf1")]
    if len(records) > 1:
        return fail(name, f"{domain} has {len(records)} SPF records; mailboxes then believe none.", "Keep one.")
    if not records:
        remedy = (
            "With SendGrid's authenticated domain (automated security) that is fine: its own return path carries one. "
            "Otherwise add a TXT record that begins with v=spf1 and names your mail server."
        )
        return warn(name, f"{domain} has no SPF record.", remedy)
    if records[0].lower().rstrip().endswith("+all"):
        return fail(name, f"SPF of {domain} ends with +all: anybody may send as you.", "End it with ~all or -all.")
    return ok(name, f"SPF of {domain} is there.")


def _dkim(name: str, domain: str, resolver: Resolver, selectors: tuple[str, ...]) -> list[Check]:
    if not selectors:
        return []
    keys = [text for selector in selectors for text in resolver.txt(f"{selector}._domainkey.{domain}")]
    if any("p=" in key and not key.replace(" ", "").endswith("p=") for key in keys):
        return [ok(name, f"DKIM of {domain} is there.")]
    places = " or ".join(f"{selector}._domainkey.{domain}" for selector in selectors)
    remedy = "Authenticate the domain: SendGrid → Settings → Sender Authentication shows the records to add."
    return [fail(name, f"No DKIM key at {places}: its mails land in spam.", remedy)]


def _dmarc(name: str, domain: str, resolver: Resolver) -> Check:
    for owner in _owners(domain):
        records = [text for text in resolver.txt(f"_dmarc.{owner}") if text.lower().startswith("v=dmarc1")]
        if records:
            return _policy(name, domain, owner, records)
    # Which domain above it is the shop's own nobody can tell from the name: above shop.co.uk there is none.
    remedy = f'Add a TXT record at _dmarc.{domain}: "v=DMARC1; p=none; rua=mailto:dmarc@YOUR-DOMAIN".'
    return fail(name, f"{domain} has no DMARC record: large mailboxes refuse bulk mail without one.", remedy)


def _policy(name: str, domain: str, owner: str, records: list[str]) -> Check:
    parts = (part.lower().partition("=") for part in records[0].split(";"))
    tags = {name.strip(): told.strip() for name, _, told in parts}
    policy = tags.get("p", "")
    if len(records) > 1 or policy not in DMARC_TAGS:
        return fail(
            name, f"DMARC of {owner} cannot be read.", "Keep one record: v=DMARC1; p=none, quarantine or reject."
        )
    if owner != domain and tags.get("adkim") == "s":
        remedy = "Authenticate the sender's own subdomain at the provider, or drop adkim=s."
        return warn(name, f"DMARC of {owner} wants signatures of exactly the sender's domain (adkim=s).", remedy)
    return ok(name, f"DMARC of {owner} is there, policy {policy}.")


def _owners(domain: str) -> list[str]:
    """The domain and what is above it, down to two labels: a record counts for every subdomain."""
    labels = domain.split(".")
    return [".".join(labels[start:]) for start in range(max(1, len(labels) - 1))]


def _apart(name: str, profile: ShopProfile) -> list[Check]:
    receipts, marketing = domain_of(profile.transactional), domain_of(profile.marketing)
    if not receipts or not marketing:
        return []
    if receipts == marketing:
        remedy = f"`postpurchase shop set {profile.slug} --marketing-from hello@news.YOUR-DOMAIN`."
        text = f"Receipts and marketing both come from {receipts}: complaints about one hurt the other."
        return [warn(name, text, remedy)]
    return [ok(name, "Receipts and marketing come from domains of their own.")]
