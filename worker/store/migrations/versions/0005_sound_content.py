"""Which program has found no fault in a revision: examining it takes seconds."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("revision", sa.Column("sound_for", sa.Text(), nullable=False, server_default=""))
