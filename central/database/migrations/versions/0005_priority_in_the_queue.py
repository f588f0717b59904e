"""Where a lead stands in the queue: its severity, and what its second look says."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("incidents", sa.Column("priority", sa.SmallInteger(), nullable=False, server_default="0"))
    incidents = sa.table(
        "incidents",
        sa.column("priority", sa.SmallInteger()),
        sa.column("severity", sa.String()),
        sa.column("state", sa.String()),
        sa.column("report", sa.JSON().with_variant(JSONB(), "postgresql")),
    )
    said = incidents.c.report["verification"]["status"].as_string()
    rank = sa.case({"safety": 30, "alert": 20, "lead": 10}, value=incidents.c.severity, else_=0)
    against = sa.case(
        (sa.or_(incidents.c.severity == "safety", incidents.c.state != "lead"), 0),
        (said == "rejected", 2),
        (said == "failed", 1),
        else_=0,
    )
    op.execute(incidents.update().values(priority=rank - against))
    op.create_index("ix_incidents_priority", "incidents", ["priority", "received_at", "incident_id"])
    op.create_index("ix_incidents_state_priority", "incidents", ["state", "priority", "received_at", "incident_id"])
