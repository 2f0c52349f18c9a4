"""An index of the mails that tell an order again: counted apart, or they would hide confirmations that are missing."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

AGAIN = "step = 'confirmation' AND (parcel_group <> '' OR occurrence > 0)"


def upgrade() -> None:
    op.create_index(
        "ix_message_again",
        "message",
        ["shop_id", "state"],
        sqlite_where=sa.text(AGAIN),
        postgresql_where=sa.text(AGAIN),
    )
