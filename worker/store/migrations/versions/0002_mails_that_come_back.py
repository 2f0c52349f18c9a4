"""An index of the mails that came back: a sweep looks for those whose address was corrected meanwhile."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

BACK = "state IN ('bounced', 'dropped', 'failed')"


def upgrade() -> None:
    op.create_index(
        "ix_message_returned", "message", ["expires_at"], sqlite_where=sa.text(BACK), postgresql_where=sa.text(BACK)
    )
