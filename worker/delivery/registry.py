"""Which provider an installation has. Adding one: a file beside this one, and a line here."""

from worker.clock import Clock
from worker.delivery.outbox import Outbox
from worker.delivery.port import Provider
from worker.delivery.sendgrid import SendGrid
from worker.errors import SettingsError
from worker.settings import Settings
from worker.store.session import Database


def choose_provider(settings: Settings, database: Database, clock: Clock) -> Provider:
    """SendGrid when it has a key, else the outbox.

    Raises:
        SettingsError: the settings name a provider that this version does not have.
    """
    if settings.smtp_url:
        raise SettingsError(
            "POSTPURCHASE_SMTP_URL is set, but this version cannot send through SMTP. Unset it, and set "
            "POSTPURCHASE_SENDGRID_API_KEY to really send mails."
        )
    if settings.sendgrid_api_key:
        return SendGrid(
            api_key=settings.sendgrid_api_key.get_secret_value(),
            base_url=settings.sendgrid_base_url,
            can_reconcile=bool(settings.sendgrid_event_public_key),
        )
    return Outbox(database, clock)
