"""When a person first followed a link: an order that came after it stays earned, however often they look again."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("click", sa.Column("human_first_at", sa.DateTime(timezone=True), nullable=True))
