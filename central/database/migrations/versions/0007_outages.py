"""Times in which a camera did not watch, or nothing was heard of a box."""

import sqlalchemy as sa
from alembic import op

from central.database.metadata import Serial

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "outages",
        sa.Column("outage_id", Serial, nullable=False),
        sa.Column("box_id", sa.String(length=63), nullable=False),
        sa.Column("camera_id", sa.String(length=63), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["box_id"], ["boxes.box_id"], name=op.f("fk_outages_box_id_boxes")),
        sa.PrimaryKeyConstraint("outage_id", name=op.f("pk_outages")),
    )
    op.create_index(op.f("ix_outages_box_id"), "outages", ["box_id"], unique=False)
    op.create_index(op.f("ix_outages_since"), "outages", ["since"], unique=False)
