"""An index of the complaints among what providers told: few of very many events."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

COMPLAINT = "kind = 'spamreport'"


def upgrade() -> None:
    op.create_index(
        "ix_delivery_event_complaint",
        "delivery_event",
        ["message_id"],
        sqlite_where=sa.text(COMPLAINT),
        postgresql_where=sa.text(COMPLAINT),
    )
