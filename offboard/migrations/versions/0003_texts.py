"""Texts"""

import sqlalchemy as sa
from alembic import op

from offboarding.database import UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "cancellation_intent",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("conversation_id", sa.String(length=36), nullable=False),
        sa.Column("word", sa.String(length=20), nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.Column("settled_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cancellation_intent")),
    )
    with op.batch_alter_table("cancellation_intent", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_cancellation_intent_conversation_id"), ["conversation_id"], unique=False
        )

    op.create_table(
        "writes_from",
        sa.Column("conversation_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("conversation_id", name=op.f("pk_writes_from")),
    )
    op.create_table(
        "sms_line",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("sender", sa.String(length=40), nullable=False),
        sa.Column("conversation_id", sa.String(length=36), nullable=True),
        sa.Column("sent_through", sa.Integer(), nullable=False),
        sa.Column("opted_out_at", UtcDateTime(), nullable=True),
        sa.Column("opt_out_word", sa.String(length=20), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.id"],
            name=op.f("fk_sms_line_conversation_id_conversation"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sms_line")),
        sa.UniqueConstraint("number", "sender", name=op.f("uq_sms_line_number")),
    )
    with op.batch_alter_table("sms_line", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_sms_line_conversation_id"), ["conversation_id"], unique=False
        )

    op.create_table(
        "sms_post",
        sa.Column("position", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("key", sa.String(length=160), nullable=False),
        sa.Column("line_id", sa.String(length=36), nullable=False),
        sa.Column("after_opt_out", sa.Boolean(), nullable=False),
        sa.Column("conversation_id", sa.String(length=36), nullable=True),
        sa.Column("through", sa.Integer(), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("segments", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "pending",
                "sending",
                "accepted",
                "sent",
                "delivered",
                "undelivered",
                "failed",
                "withheld",
                name="smspoststate",
                native_enum=False,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("message_sid", sa.String(length=40), nullable=True),
        sa.Column("earlier_sids", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error_code", sa.Integer(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("good_until", UtcDateTime(), nullable=False),
        sa.Column("begun_at", UtcDateTime(), nullable=True),
        sa.Column("accepted_at", UtcDateTime(), nullable=True),
        sa.Column("settled_at", UtcDateTime(), nullable=True),
        sa.Column("looked_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["line_id"],
            ["sms_line.id"],
            name=op.f("fk_sms_post_line_id_sms_line"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_sms_post")),
        sa.UniqueConstraint("key", name=op.f("uq_sms_post_key")),
        sa.UniqueConstraint("message_sid", name=op.f("uq_sms_post_message_sid")),
    )
    with op.batch_alter_table("sms_post", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sms_post_line_id"), ["line_id"], unique=False)
        batch_op.create_index("ix_sms_post_state", ["state", "line_id", "position"], unique=False)

    op.create_table(
        "sms_received",
        sa.Column("message_sid", sa.String(length=40), nullable=False),
        sa.Column("line_id", sa.String(length=36), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("repeats", sa.Boolean(), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["line_id"],
            ["sms_line.id"],
            name=op.f("fk_sms_received_line_id_sms_line"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("message_sid", name=op.f("pk_sms_received")),
    )
    with op.batch_alter_table("sms_received", schema=None) as batch_op:
        batch_op.create_index("ix_sms_received_latest", ["line_id", "received_at"], unique=False)

    with op.batch_alter_table("code_challenge", schema=None) as batch_op:
        batch_op.add_column(sa.Column("phone", sa.String(length=20), nullable=True))

    with op.batch_alter_table("customer", schema=None) as batch_op:
        batch_op.add_column(sa.Column("phone", sa.String(length=20), nullable=True))
        batch_op.add_column(sa.Column("phone_confirmed_at", UtcDateTime(), nullable=True))
        batch_op.create_index(batch_op.f("ix_customer_phone"), ["phone"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("customer", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_customer_phone"))
        batch_op.drop_column("phone_confirmed_at")
        batch_op.drop_column("phone")

    with op.batch_alter_table("code_challenge", schema=None) as batch_op:
        batch_op.drop_column("phone")

    with op.batch_alter_table("sms_received", schema=None) as batch_op:
        batch_op.drop_index("ix_sms_received_latest")

    op.drop_table("sms_received")
    with op.batch_alter_table("sms_post", schema=None) as batch_op:
        batch_op.drop_index("ix_sms_post_state")
        batch_op.drop_index(batch_op.f("ix_sms_post_line_id"))

    op.drop_table("sms_post")
    with op.batch_alter_table("sms_line", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sms_line_conversation_id"))

    op.drop_table("sms_line")
    op.drop_table("writes_from")
    with op.batch_alter_table("cancellation_intent", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_cancellation_intent_conversation_id"))

    op.drop_table("cancellation_intent")
