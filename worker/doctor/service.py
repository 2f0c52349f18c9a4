"""All checks, in the order in which they depend on each other."""

from datetime import datetime, timedelta
from functools import partial

from sqlalchemy.orm import Session

from schedules.shop import ShopProfile
from worker.bootstrap import Installation, build, has_database
from worker.delivery.addressing import may_send
from worker.dispatch.doors import keys_in_use
from worker.doctor import machine
from worker.doctor.asking import Question, answers
from worker.doctor.checks import Check, Level, fail, ok, warn
from worker.doctor.codes import check_codes
from worker.doctor.content import check_content
from worker.doctor.links import check_link_host
from worker.doctor.mails import check_complaints, check_mails, check_returned, check_told
from worker.doctor.processes import check_processes
from worker.doctor.provider import check_access
from worker.doctor.resolver import Resolver
from worker.doctor.secrets import check_secrets
from worker.doctor.senders import SENDGRID_SELECTORS, check_senders
from worker.errors import PostpurchaseError, SettingsError
from worker.platforms.registry import WRITERS
from worker.reports.providers import KeyLine, read_keys
from worker.reports.refusals import read_refusals
from worker.reports.rhythm import read_rhythms, remedy
from worker.settings import is_loopback, load_settings, unread_settings
from worker.store.migrate import why_not_migrated
from worker.store.models import Shop
from worker.store.shops import connected_shops, list_shops, list_sources, profile_of

NEWS = timedelta(days=7)
"""So long doctor fails for a shop that left."""
LARGEST_SKEW_S = 2.0
"""Between this machine and the database. Leases count by the database alone, but signatures by this machine's clock."""


def examine(resolver: Resolver | None = None) -> list[Check]:
    """Checks the installation of this environment; never raises for what it finds.

    `resolver`: asked about sender domains, and link hosts are then visited too; None: nothing outside is asked.
    """
    try:
        settings = load_settings()
    except SettingsError as error:
        return [fail("settings", line, "Correct it in the environment or .env.") for line in str(error).splitlines()]
    try:
        is_there = has_database(settings)
    except SettingsError as error:
        return [fail("data folder", "Nothing can be looked at.", str(error))]
    checks = [
        machine.check_names(unread_settings()),
        *machine.check_dotenv(),
        machine.check_folder(settings),
        machine.check_disk(settings),
        machine.check_key(settings),
        machine.check_clock(settings),
        *machine.check_provider(settings),
        machine.check_public_url(settings),
        machine.check_broker(settings),
    ]
    if not is_there:
        remedy = "Begin with `postpurchase shop add SLUG`."
        return [*checks, warn("database", "The embedded database does not exist yet.", remedy)]
    installation = build(settings)
    try:
        return [*checks, *_database(installation, resolver if settings.has_provider else None)]
    finally:
        installation.close()


def worst(checks: list[Check]) -> Level:
    levels = {check.level for check in checks}
    return next(level for level in (Level.FAIL, Level.WARN, Level.OK) if level in levels)


def _database(installation: Installation, resolver: Resolver | None) -> list[Check]:
    database = installation.database
    kind = "SQLite" if database.is_sqlite else "PostgreSQL"
    try:
        skew = _skew(installation)
    except PostpurchaseError as error:
        return [fail("database", str(error), "Start it, or correct POSTPURCHASE_DATABASE_URL.")]
    if why := why_not_migrated(database):
        return [fail("database", f"{kind}: {why}", "Every process waits for that; nothing is lost meanwhile.")]
    with database.read() as session:
        return [
            ok("database", f"{kind} answers and is up to date."),
            *skew,
            *_provider_keys(session, installation),
            *check_processes(session, installation),
            check_mails(session, installation.clock.now()),
            *check_told(session, installation),
            *check_returned(session, installation.clock.now()),
            *check_complaints(session, installation.clock.now()),
            *_shops(session, installation),
            *check_content(session, database),
            *_sources(session, installation),
            *check_secrets(session, installation),
            *check_codes(session, installation, asks=resolver is not None),
            *_refusals(session),
            *(_access(session, installation) if resolver is not None else ()),
            *(_reputation(session, installation, resolver) if resolver is not None else ()),
        ]


def _skew(installation: Installation) -> list[Check]:
    """Raises StorageUnavailableError: the database does not answer."""
    here = installation.clock.real_now()
    apart = abs((installation.database.now() - here).total_seconds())
    if apart <= LARGEST_SKEW_S:
        return []
    text = f"This machine's clock and the database's are {apart:.0f} s apart."
    return [warn("clock", text, "Let both follow a time server (NTP): shops sign with the time, and refuse to wait.")]


def _access(session: Session, installation: Installation) -> list[Check]:
    """Whether the provider takes the installation's key, and those that shops have of their own."""
    keys: dict[str, str] = {}
    checks: list[Check] = []
    for shop in connected_shops(session):
        for stream, kept in sorted(shop.stream_keys.items()):
            name = f"shop {shop.slug}, key of {stream}"
            try:
                keys[name] = installation.sealer.open(kept["sealed"])
            except SettingsError:
                remedy = f"`postpurchase shop key {shop.slug} {stream} --key-file FILE`."
                checks.append(fail(name, "It cannot be opened with the secret key.", remedy))
    return checks + check_access(installation.settings, keys)


def _reputation(session: Session, installation: Installation, resolver: Resolver) -> list[Check]:
    """Sender domains and link hosts, as the outside sees them."""
    settings = installation.settings
    bases = {"public URL": settings.public_url}
    selectors = SENDGRID_SELECTORS if settings.sendgrid_api_key else ()
    questions: list[Question] = []
    for shop in connected_shops(session):
        profile = profile_of(shop)
        questions.append(partial(check_senders, profile, resolver, selectors=selectors))
        for kind, stream in (("receipts", profile.transactional), ("marketing", profile.marketing)):
            if stream.link_host:
                bases[f"shop {shop.slug}, links of {kind}"] = stream.link_host
    questions += [partial(check_link_host, name, base) for name, base in bases.items() if not is_loopback(base)]
    return answers(questions)


def _provider_keys(session: Session, installation: Installation) -> list[Check]:
    closed = [line for line in read_keys(session, now=installation.clock.now()) if line.is_closed]
    used = keys_in_use(installation, session) if closed else ()
    return [_closed(line) if line.key in used else _replaced(line) for line in closed]


def _replaced(line: KeyLine) -> Check:
    return ok("provider", f"{line.key} failed, but is not set here any more; restart what still sends with it.")


def _closed(line: KeyLine) -> Check:
    until = f" until {line.until:%H:%M:%S} UTC" if line.until is not None else ""
    if line.state == "limited":
        text = f"The limit of {line.key} is used up{until}; mails wait for it."
        return warn("provider", text, "Nothing is lost. If it happens every day, raise the limit at the provider.")
    text = f"Mails wait{until}: {line.failures} calls with {line.key} failed in a row. {line.error}"
    return fail("provider", text, "If the key or account is at fault, set a new key and restart; else just wait.")


def _shops(session: Session, installation: Installation) -> list[Check]:
    shops = list_shops(session)
    if not shops:
        return [warn("shops", "There is none yet.", "Add one with `postpurchase shop add SLUG`.")]
    now, leaves = installation.clock.now(), installation.settings.has_provider
    return [
        check
        for shop in shops
        for check in ([_gone(shop, now)] if shop.uninstalled_at is not None else _shop(session, shop, leaves=leaves))
    ]


def _gone(shop: Shop, now: datetime) -> Check:
    """For a while it may have been a slip; later nobody wants to be called for it."""
    complain = fail if shop.uninstalled_at is not None and now - shop.uninstalled_at < NEWS else warn
    remedy = "Connect it again with `postpurchase source add`."
    return complain(f"shop {shop.slug}", "The shop has uninstalled the app: nothing is sent.", remedy)


def _shop(session: Session, shop: Shop, *, leaves: bool) -> list[Check]:
    """`leaves`: mails really go out, so what is missing fails instead of warning."""
    profile, name = profile_of(shop), f"shop {shop.slug}"
    complain = fail if leaves else warn
    change = f"`postpurchase shop set {shop.slug}"
    faults = [complain(name, text, f"{change} {option} …`.") for text, option in _missing(profile)]
    if not list_sources(session, shop.id):
        remedy = f"`postpurchase source add {shop.slug} shopify --secret-file FILE`."
        faults.append(warn(name, "No source: no webhook can arrive.", remedy))
    return faults or [ok(name, "Senders, Reply-To, postal address and source are there.")]


def _sources(session: Session, installation: Installation) -> list[Check]:
    """Sources that used to speak and stopped."""
    silent = [line for line in read_rhythms(session, now=installation.clock.now()) if line.is_silent]
    return [
        fail(
            f"shop {line.shop}",
            f"No webhook of {line.kind} for {_span(line.seconds_ago or 0)}, much longer than usual.",
            remedy(line.kind),
        )
        for line in silent
    ]


def _refusals(session: Session) -> list[Check]:
    """Shops that don't hear of refusals: their own newsletter goes on writing to who refused."""
    checks = []
    shops = connected_shops(session)
    for shop in shops:
        for source in list_sources(session, shop.id):
            writer = WRITERS.get(source.kind)
            missing = writer.missing(source.options) if writer and source.api else ""
            if writer and (missing or not source.api):
                text = f"Refusals are not written back to {source.kind}. {missing}".rstrip()
                set_it = f"`postpurchase source set {shop.slug} {source.kind} --help`, docs/connect-{source.kind}.md."
                checks.append(warn(f"shop {shop.slug}", text, set_it))
    for line in read_refusals(session):
        if (line.stuck or line.lost) and line.shop in {shop.slug for shop in shops}:
            text = f"Refusals that {line.source} has not heard of: {line.stuck + line.lost} ({line.note})."
            whose = f"Mend that; whose they are: `postpurchase source refusals {line.shop} {line.source}`."
            checks.append(warn(f"shop {line.shop}", text, whose))
    return checks


def _missing(profile: ShopProfile) -> list[tuple[str, str]]:
    wanted = [
        (profile.transactional.from_address, "No sender of receipts and tracking mails.", "--transactional-from"),
        (profile.marketing.from_address, "No sender of follow-ups.", "--marketing-from"),
        (profile.transactional.reply_to, "No Reply-To: answers of customers get lost.", "--reply-to"),
        (profile.legal.postal_address, "No postal address: marketing mails must carry one.", "--postal-address"),
    ]
    unusable = [
        (f"Nobody takes a mail from {stream.from_address}: it is no address that may send.", option)
        for stream, option in ((profile.transactional, "--transactional-from"), (profile.marketing, "--marketing-from"))
        if stream.from_address and not may_send(stream.from_address)
    ]
    return [(text, option) for value, text, option in wanted if not value] + unusable


def _span(seconds: float) -> str:
    hours = round(seconds / 3600)
    return f"{hours} h" if hours < 48 else f"{hours // 24} days"
