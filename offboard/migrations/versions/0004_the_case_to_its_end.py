"""The case to its end"""

import sqlalchemy as sa
from alembic import op

from offboarding.audit.guards import guard
from offboarding.database import UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "stripe_event",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("event_id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("billing_id", sa.String(length=64), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("done_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stripe_event")),
        sa.UniqueConstraint("event_id", name=op.f("uq_stripe_event_event_id")),
    )
    op.create_table(
        "audit_seal",
        sa.Column(
            "position",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column(
            "entry_sequence", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("sealed_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["entry_sequence"],
            ["audit_entry.sequence"],
            name=op.f("fk_audit_seal_entry_sequence_audit_entry"),
        ),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_audit_seal")),
        sa.UniqueConstraint("entry_sequence", name=op.f("uq_audit_seal_entry_sequence")),
    )
    op.create_table(
        "stripe_mirror",
        sa.Column("subscription_id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("mirrored_at", UtcDateTime(), nullable=False),
        sa.Column("anchor", UtcDateTime(), nullable=False),
        sa.Column("upcoming_minor", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["subscription_id"],
            ["subscription.id"],
            name=op.f("fk_stripe_mirror_subscription_id_subscription"),
        ),
        sa.PrimaryKeyConstraint("subscription_id", name=op.f("pk_stripe_mirror")),
    )
    op.create_table(
        "access_event",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("key", sa.String(length=160), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "access.revoked",
                "access.restored",
                "data.erased",
                name="accesseventkind",
                native_enum=False,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("subscription_id", sa.String(length=36), nullable=False),
        sa.Column("customer_external_id", sa.String(length=200), nullable=True),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("effective_at", UtcDateTime(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["off_boarding_case.id"],
            name=op.f("fk_access_event_case_id_off_boarding_case"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_event")),
        sa.UniqueConstraint("key", name=op.f("uq_access_event_key")),
        sa.UniqueConstraint(
            "subscription_id", "sequence", name=op.f("uq_access_event_subscription_id")
        ),
    )
    with op.batch_alter_table("access_event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_access_event_case_id"), ["case_id"], unique=False)

    op.create_table(
        "erasure",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.Column("erased", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("kept", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("erased_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["off_boarding_case.id"], name=op.f("fk_erasure_case_id_off_boarding_case")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure")),
        sa.UniqueConstraint("case_id", name=op.f("uq_erasure_case_id")),
    )
    op.create_table(
        "off_boarding_step",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "cancel",
                "refund",
                "export",
                "remind",
                "end",
                "revoke_access",
                "detach_payment_method",
                "erase",
                "close",
                name="stepkind",
                native_enum=False,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum(
                "waiting",
                "stuck",
                "done",
                "not_needed",
                "called_off",
                name="stepstate",
                native_enum=False,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("over_at", UtcDateTime(), nullable=True),
        sa.Column("looks", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["off_boarding_case.id"],
            name=op.f("fk_off_boarding_step_case_id_off_boarding_case"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_off_boarding_step")),
        sa.UniqueConstraint("case_id", "kind", name=op.f("uq_off_boarding_step_case_id")),
    )
    with op.batch_alter_table("off_boarding_step", schema=None) as batch_op:
        batch_op.create_index("ix_off_boarding_step_state", ["state", "due_at"], unique=False)

    op.create_table(
        "access_notification",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("event_id", sa.String(length=36), nullable=False),
        sa.Column("system", sa.String(length=32), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "waiting",
                "sent",
                "acknowledged",
                "failed",
                "superseded",
                name="notificationstate",
                native_enum=False,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("refusals", sa.Integer(), nullable=False),
        sa.Column("resent", sa.Integer(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("tried_at", UtcDateTime(), nullable=True),
        sa.Column("sent_at", UtcDateTime(), nullable=True),
        sa.Column("acknowledged_at", UtcDateTime(), nullable=True),
        sa.Column("failed_at", UtcDateTime(), nullable=True),
        sa.Column("told_at", UtcDateTime(), nullable=True),
        sa.Column("problem", sa.String(length=300), nullable=True),
        sa.ForeignKeyConstraint(
            ["event_id"],
            ["access_event.id"],
            name=op.f("fk_access_notification_event_id_access_event"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_notification")),
        sa.UniqueConstraint("event_id", "system", name=op.f("uq_access_notification_event_id")),
    )
    with op.batch_alter_table("access_notification", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_access_notification_state"), ["state"], unique=False)

    with op.batch_alter_table("account", schema=None) as batch_op:
        batch_op.add_column(sa.Column("billing_id", sa.String(length=64), nullable=True))
        batch_op.create_unique_constraint(batch_op.f("uq_account_billing_id"), ["billing_id"])

    with op.batch_alter_table("data_export", schema=None) as batch_op:
        batch_op.add_column(sa.Column("progress", sa.JSON(none_as_null=True), nullable=True))
        batch_op.add_column(sa.Column("problem", sa.String(length=300), nullable=True))
        batch_op.add_column(sa.Column("most_downloads", sa.Integer(), nullable=True))
        batch_op.add_column(
            sa.Column("downloads", sa.Integer(), server_default="0", nullable=False)
        )

    with op.batch_alter_table("ledger_entry", schema=None) as batch_op:
        batch_op.add_column(sa.Column("billing_id", sa.String(length=64), nullable=True))
        batch_op.add_column(
            sa.Column("awaited", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
        batch_op.create_index(
            batch_op.f("ix_ledger_entry_billing_id"), ["billing_id"], unique=False
        )

    with op.batch_alter_table("off_boarding_case", schema=None) as batch_op:
        batch_op.add_column(sa.Column("completed_at", UtcDateTime(), nullable=True))

    with op.batch_alter_table("plan", schema=None) as batch_op:
        batch_op.add_column(sa.Column("billing_id", sa.String(length=64), nullable=True))
        batch_op.create_unique_constraint(batch_op.f("uq_plan_billing_id"), ["billing_id"])

    with op.batch_alter_table("receipt", schema=None) as batch_op:
        batch_op.add_column(sa.Column("conversation_id", sa.String(length=36), nullable=True))
        batch_op.add_column(sa.Column("signature", sa.Text(), nullable=True))

    with op.batch_alter_table("sms_line", schema=None) as batch_op:
        batch_op.add_column(sa.Column("answered_from", UtcDateTime(), nullable=True))
        batch_op.create_index(
            batch_op.f("ix_sms_line_answered_from"), ["answered_from"], unique=False
        )

    with op.batch_alter_table("subscription", schema=None) as batch_op:
        batch_op.add_column(sa.Column("billing_id", sa.String(length=64), nullable=True))
        batch_op.create_unique_constraint(batch_op.f("uq_subscription_billing_id"), ["billing_id"])

    with op.batch_alter_table("task", schema=None) as batch_op:
        batch_op.add_column(sa.Column("turns", sa.Integer(), server_default="0", nullable=False))
    # Whoever wrote before is not held back; only who is new is.
    op.execute("UPDATE sms_line SET answered_from = created_at")
    op.execute("UPDATE task SET turns = retries")
    guard(op.get_bind())


def downgrade() -> None:
    with op.batch_alter_table("task", schema=None) as batch_op:
        batch_op.drop_column("turns")

    with op.batch_alter_table("subscription", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("uq_subscription_billing_id"), type_="unique")
        batch_op.drop_column("billing_id")

    with op.batch_alter_table("sms_line", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sms_line_answered_from"))
        batch_op.drop_column("answered_from")

    with op.batch_alter_table("receipt", schema=None) as batch_op:
        batch_op.drop_column("signature")
        batch_op.drop_column("conversation_id")

    with op.batch_alter_table("plan", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("uq_plan_billing_id"), type_="unique")
        batch_op.drop_column("billing_id")

    with op.batch_alter_table("off_boarding_case", schema=None) as batch_op:
        batch_op.drop_column("completed_at")

    with op.batch_alter_table("ledger_entry", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_ledger_entry_billing_id"))
        batch_op.drop_column("awaited")
        batch_op.drop_column("billing_id")

    with op.batch_alter_table("data_export", schema=None) as batch_op:
        batch_op.drop_column("downloads")
        batch_op.drop_column("most_downloads")
        batch_op.drop_column("problem")
        batch_op.drop_column("progress")

    with op.batch_alter_table("account", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("uq_account_billing_id"), type_="unique")
        batch_op.drop_column("billing_id")

    with op.batch_alter_table("access_notification", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_access_notification_state"))

    op.drop_table("access_notification")
    with op.batch_alter_table("off_boarding_step", schema=None) as batch_op:
        batch_op.drop_index("ix_off_boarding_step_state")

    op.drop_table("off_boarding_step")
    op.drop_table("erasure")
    with op.batch_alter_table("access_event", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_access_event_case_id"))

    op.drop_table("access_event")
    op.drop_table("stripe_mirror")
    op.drop_table("audit_seal")
    op.drop_table("stripe_event")
