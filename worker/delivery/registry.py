"""Which provider an installation has. Adding one: a file beside this one, and a line here."""

from worker.clock import Clock
from worker.delivery.outbox import Outbox
from worker.delivery.port import Provider
from worker.settings import Settings
from worker.store.session import Database


def choose_provider(settings: Settings, database: Database, clock: Clock) -> Provider:
    """SMTP or SendGrid when it is set, else the outbox.

    Raises:
        SettingsError: POSTPURCHASE_SMTP_URL names no server.
    """
    if settings.smtp_url:
        from worker.delivery.smtp import Smtp  # each takes megabytes, and one at most is used
        from worker.delivery.smtp_server import parse_server

        return Smtp(parse_server(settings.smtp_url.get_secret_value()))
    if settings.sendgrid_api_key:
        from worker.delivery.sendgrid import SendGrid

        return SendGrid(
            api_key=settings.sendgrid_api_key.get_secret_value(),
            base_url=settings.sendgrid_base_url,
            can_reconcile=bool(settings.sendgrid_event_public_key),
            bypass=settings.bypassed_lists,
        )
    return Outbox(database, clock)
