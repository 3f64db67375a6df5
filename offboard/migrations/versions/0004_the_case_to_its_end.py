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

    with op.batch_alter_table("off_boarding_case", schema=None) as batch_op:
        batch_op.add_column(sa.Column("completed_at", UtcDateTime(), nullable=True))

    with op.batch_alter_table("receipt", schema=None) as batch_op:
        batch_op.add_column(sa.Column("conversation_id", sa.String(length=36), nullable=True))
        batch_op.add_column(sa.Column("signature", sa.Text(), nullable=True))

    with op.batch_alter_table("sms_line", schema=None) as batch_op:
        batch_op.add_column(sa.Column("answered_from", UtcDateTime(), nullable=True))
        batch_op.create_index(
            batch_op.f("ix_sms_line_answered_from"), ["answered_from"], unique=False
        )
    # Whoever wrote before is not held back; only who is new is.
    op.execute("UPDATE sms_line SET answered_from = created_at")
    guard(op.get_bind())


def downgrade() -> None:
    with op.batch_alter_table("sms_line", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sms_line_answered_from"))
        batch_op.drop_column("answered_from")

    with op.batch_alter_table("receipt", schema=None) as batch_op:
        batch_op.drop_column("signature")
        batch_op.drop_column("conversation_id")

    with op.batch_alter_table("off_boarding_case", schema=None) as batch_op:
        batch_op.drop_column("completed_at")

    with op.batch_alter_table("off_boarding_step", schema=None) as batch_op:
        batch_op.drop_index("ix_off_boarding_step_state")

    op.drop_table("off_boarding_step")
    op.drop_table("erasure")
    op.drop_table("audit_seal")
