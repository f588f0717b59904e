"""What boxes run, what their cameras see, and the commands that they were sent."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    json = sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql")
    op.create_table(
        "box_states",
        sa.Column("box_id", sa.String(length=63), nullable=False),
        sa.Column("name", sa.String(length=16), nullable=False),
        sa.Column("session", sa.BigInteger(), nullable=False),
        sa.Column("body", json, nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["box_id"], ["boxes.box_id"], name=op.f("fk_box_states_box_id")),
        sa.PrimaryKeyConstraint("box_id", "name", name=op.f("pk_box_states")),
    )
    op.create_table(
        "stills",
        sa.Column("box_id", sa.String(length=63), nullable=False),
        sa.Column("camera_id", sa.String(length=63), nullable=False),
        sa.Column("captured", sa.DateTime(timezone=True), nullable=False),
        sa.Column("jpeg", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["box_id"], ["boxes.box_id"], name=op.f("fk_stills_box_id")),
        sa.PrimaryKeyConstraint("box_id", "camera_id", name=op.f("pk_stills")),
    )
    op.create_table(
        "commands",
        sa.Column("command_id", sa.String(length=63), nullable=False),
        sa.Column("box_id", sa.String(length=63), nullable=False),
        sa.Column("name", sa.String(length=16), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("issued", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body", json, nullable=False),
        sa.Column("result", sa.String(length=8), nullable=True),
        sa.Column("reason", sa.String(length=300), nullable=True),
        sa.Column("data", json, nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["box_id"], ["boxes.box_id"], name=op.f("fk_commands_box_id")),
        sa.PrimaryKeyConstraint("command_id", name=op.f("pk_commands")),
        sa.UniqueConstraint("box_id", "name", "version", name=op.f("uq_commands_box_id_name_version")),
    )
