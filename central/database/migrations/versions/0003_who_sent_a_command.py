"""Who sent a command."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("commands", sa.Column("issued_by", sa.String(length=60), nullable=True))
