"""The first tables: boxes, incidents, evidence, decisions, the access register."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "access_register",
        sa.Column(
            "access_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("action", sa.String(length=8), nullable=False),
        sa.Column("incident_id", sa.String(length=36), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("reviewer", sa.String(length=100), nullable=False),
        sa.Column("authority", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("grant_sha256", sa.String(length=64), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("access_id", name=op.f("pk_access_register")),
    )
    op.create_index(op.f("ix_access_register_grant_sha256"), "access_register", ["grant_sha256"], unique=False)
    op.create_index("ix_access_register_incident_id_at", "access_register", ["incident_id", "at"], unique=False)
    op.create_table(
        "boxes",
        sa.Column("box_id", sa.String(length=63), nullable=False),
        sa.Column("public_key", sa.String(length=44), nullable=False),
        sa.Column("key_id", sa.String(length=16), nullable=False),
        sa.Column("tenant", sa.String(length=63), nullable=False),
        sa.Column("site", sa.String(length=63), nullable=False),
        sa.Column("software", sa.String(length=64), nullable=False),
        sa.Column("enrolled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("availability", sa.String(length=8), nullable=False),
        sa.Column("availability_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("session", sa.BigInteger(), nullable=False),
        sa.Column("uptime_s", sa.Double(), nullable=False),
        sa.Column(
            "heartbeat", sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"), nullable=True
        ),
        sa.Column("heartbeat_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("chain_seq", sa.BigInteger(), nullable=False),
        sa.Column("chain_sha256", sa.String(length=64), nullable=True),
        sa.Column("high_water", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("box_id", name=op.f("pk_boxes")),
    )
    op.create_index(op.f("ix_boxes_key_id"), "boxes", ["key_id"], unique=False)
    op.create_table(
        "dossiers",
        sa.Column("incident_id", sa.String(length=36), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=True),
        sa.PrimaryKeyConstraint("incident_id", name=op.f("pk_dossiers")),
    )
    op.create_table(
        "tokens",
        sa.Column("token_sha256", sa.String(length=64), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tenant", sa.String(length=63), nullable=False),
        sa.Column("site", sa.String(length=63), nullable=False),
        sa.Column("box_id", sa.String(length=63), nullable=True),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("used_by", sa.String(length=63), nullable=True),
        sa.Column("used_key", sa.String(length=44), nullable=True),
        sa.Column("answer", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("token_sha256", name=op.f("pk_tokens")),
    )
    op.create_table(
        "files",
        sa.Column("box_id", sa.String(length=63), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("media_type", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("fault", sa.String(length=300), nullable=True),
        sa.Column("stored_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["box_id"], ["boxes.box_id"], name=op.f("fk_files_box_id")),
        sa.PrimaryKeyConstraint("box_id", "sha256", name=op.f("pk_files")),
    )
    op.create_index(op.f("ix_files_sha256"), "files", ["sha256"], unique=False)
    op.create_table(
        "incidents",
        sa.Column("incident_id", sa.String(length=36), nullable=False),
        sa.Column("box_id", sa.String(length=63), nullable=False),
        sa.Column("camera_id", sa.String(length=63), nullable=False),
        sa.Column("tenant", sa.String(length=63), nullable=False),
        sa.Column("site", sa.String(length=63), nullable=False),
        sa.Column("place_differs", sa.Boolean(), nullable=False),
        sa.Column("type_id", sa.String(length=64), nullable=False),
        sa.Column("severity", sa.String(length=8), nullable=False),
        sa.Column("zone_id", sa.String(length=63), nullable=False),
        sa.Column("rule_id", sa.String(length=63), nullable=False),
        sa.Column("phase", sa.String(length=8), nullable=False),
        sa.Column("first_seen", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed", sa.DateTime(timezone=True), nullable=True),
        sa.Column("close_reason", sa.String(length=16), nullable=True),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column(
            "report", sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"), nullable=False
        ),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("conflicts", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("decisions", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["box_id"], ["boxes.box_id"], name=op.f("fk_incidents_box_id")),
        sa.PrimaryKeyConstraint("incident_id", name=op.f("pk_incidents")),
    )
    op.create_index(op.f("ix_incidents_box_id"), "incidents", ["box_id"], unique=False)
    op.create_index("ix_incidents_received_at_incident_id", "incidents", ["received_at", "incident_id"], unique=False)
    op.create_index("ix_incidents_state_received_at", "incidents", ["state", "received_at"], unique=False)
    op.create_index(op.f("ix_incidents_type_id"), "incidents", ["type_id"], unique=False)
    op.create_table(
        "items",
        sa.Column("incident_id", sa.String(length=36), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("box_id", sa.String(length=63), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("captured_first", sa.DateTime(timezone=True), nullable=False),
        sa.Column("captured_last", sa.DateTime(timezone=True), nullable=False),
        sa.Column("derived_from", sa.String(length=64), nullable=True),
        sa.Column("tool", sa.String(length=100), nullable=True),
        sa.Column("redacted", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["box_id"], ["boxes.box_id"], name=op.f("fk_items_box_id")),
        sa.PrimaryKeyConstraint("incident_id", "revision", "position", name=op.f("pk_items")),
    )
    op.create_index(op.f("ix_items_sha256"), "items", ["sha256"], unique=False)
    op.create_table(
        "losses",
        sa.Column("box_id", sa.String(length=63), nullable=False),
        sa.Column("key_id", sa.String(length=16), nullable=False),
        sa.Column("report_seq", sa.BigInteger(), nullable=False),
        sa.Column("noticed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["box_id"], ["boxes.box_id"], name=op.f("fk_losses_box_id")),
        sa.PrimaryKeyConstraint("box_id", "key_id", "report_seq", name=op.f("pk_losses")),
    )
    op.create_table(
        "manifests",
        sa.Column("incident_id", sa.String(length=36), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("box_id", sa.String(length=63), nullable=False),
        sa.Column("key_id", sa.String(length=16), nullable=False),
        sa.Column("report_seq", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=True),
        sa.Column("previous_sha256", sa.String(length=64), nullable=True),
        sa.Column("stored_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["box_id"], ["boxes.box_id"], name=op.f("fk_manifests_box_id")),
        sa.PrimaryKeyConstraint("incident_id", "revision", name=op.f("pk_manifests")),
        sa.UniqueConstraint("box_id", "key_id", "report_seq", name=op.f("uq_manifests_box_id_key_id_report_seq")),
    )
    op.create_index(op.f("ix_manifests_sha256"), "manifests", ["sha256"], unique=False)
    op.create_table(
        "rejections",
        sa.Column(
            "rejection_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("box_id", sa.String(length=63), nullable=False),
        sa.Column("key_id", sa.String(length=16), nullable=False),
        sa.Column("report_seq", sa.BigInteger(), nullable=False),
        sa.Column("incident_id", sa.String(length=36), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("detail", sa.String(length=300), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("payload_sha256", sa.String(length=64), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["box_id"], ["boxes.box_id"], name=op.f("fk_rejections_box_id")),
        sa.PrimaryKeyConstraint("rejection_id", name=op.f("pk_rejections")),
        sa.UniqueConstraint("box_id", "payload_sha256", name=op.f("uq_rejections_box_id_payload_sha256")),
    )
    op.create_index(op.f("ix_rejections_incident_id"), "rejections", ["incident_id"], unique=False)
    op.create_table(
        "uploads",
        sa.Column("upload_id", sa.String(length=32), nullable=False),
        sa.Column("box_id", sa.String(length=63), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("length", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["box_id"], ["boxes.box_id"], name=op.f("fk_uploads_box_id")),
        sa.PrimaryKeyConstraint("upload_id", name=op.f("pk_uploads")),
        sa.UniqueConstraint("box_id", "sha256", name=op.f("uq_uploads_box_id_sha256")),
    )
    op.create_table(
        "decisions",
        sa.Column("incident_id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("decision", sa.String(length=12), nullable=False),
        sa.Column("reason_code", sa.String(length=32), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("reviewer", sa.String(length=100), nullable=False),
        sa.Column("authority", sa.String(length=16), nullable=False),
        sa.Column("seen_revision", sa.BigInteger(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["incident_id"], ["incidents.incident_id"], name=op.f("fk_decisions_incident_id")),
        sa.PrimaryKeyConstraint("incident_id", "version", name=op.f("pk_decisions")),
    )
    op.create_table(
        "revisions",
        sa.Column(
            "stored_seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("incident_id", sa.String(length=36), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("box_id", sa.String(length=63), nullable=False),
        sa.Column("key_id", sa.String(length=16), nullable=False),
        sa.Column("report_seq", sa.BigInteger(), nullable=False),
        sa.Column("phase", sa.String(length=8), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("payload_sha256", sa.String(length=64), nullable=False),
        sa.Column("manifest_sha256", sa.String(length=64), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["box_id"], ["boxes.box_id"], name=op.f("fk_revisions_box_id")),
        sa.ForeignKeyConstraint(["incident_id"], ["incidents.incident_id"], name=op.f("fk_revisions_incident_id")),
        sa.PrimaryKeyConstraint("stored_seq", name=op.f("pk_revisions")),
        sa.UniqueConstraint("box_id", "key_id", "report_seq", name=op.f("uq_revisions_box_id_key_id_report_seq")),
        sa.UniqueConstraint("incident_id", "revision", name=op.f("uq_revisions_incident_id_revision")),
    )
