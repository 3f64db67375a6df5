"""Refunds by policy, the pages of staff, and telling where they wrote last"""

import sqlalchemy as sa
from alembic import op

from offboarding.database import UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "staff_member",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("first_signed_in_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_member")),
        sa.UniqueConstraint("email", name=op.f("uq_staff_member_email")),
    )
    op.create_table(
        "staff_sign_in",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("address_mark", sa.String(length=64), nullable=False),
        sa.Column("browser_mark", sa.String(length=64), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_sign_in")),
    )
    with op.batch_alter_table("staff_sign_in", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_staff_sign_in_address_mark"), ["address_mark"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_staff_sign_in_asked_at"), ["asked_at"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_staff_sign_in_browser_mark"), ["browser_mark"], unique=False
        )

    op.create_table(
        "staff_session",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("member_id", sa.String(length=36), nullable=False),
        sa.Column("began_at", UtcDateTime(), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.Column("ends_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["member_id"], ["staff_member.id"], name=op.f("fk_staff_session_member_id_staff_member")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_session")),
    )
    with op.batch_alter_table("staff_session", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_staff_session_ends_at"), ["ends_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_staff_session_member_id"), ["member_id"], unique=False)

    op.create_table(
        "case_note",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.Column(
            "about",
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
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("words", sa.String(length=1000), nullable=False),
        sa.Column("written_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["off_boarding_case.id"],
            name=op.f("fk_case_note_case_id_off_boarding_case"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_note")),
    )
    with op.batch_alter_table("case_note", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_case_note_case_id"), ["case_id"], unique=False)

    with op.batch_alter_table("code_challenge", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_code_challenge_customer_id"), ["customer_id"], unique=False
        )

    with op.batch_alter_table("hand_off", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_hand_off_contact_email"), ["contact_email"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_hand_off_customer_id"), ["customer_id"], unique=False)

    with op.batch_alter_table("inbox", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_inbox_conversation_id"), ["conversation_id"], unique=False
        )

    with op.batch_alter_table("off_boarding_case", schema=None) as batch_op:
        batch_op.create_index(
            "ix_off_boarding_case_going_on",
            ["state"],
            unique=False,
            sqlite_where=sa.text("completed_at IS NULL"),
            postgresql_where=sa.text("completed_at IS NULL"),
        )
        batch_op.create_index(
            batch_op.f("ix_off_boarding_case_opened_at"), ["opened_at"], unique=False
        )
        batch_op.create_index("ix_off_boarding_case_state", ["state", "opened_at"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_off_boarding_case_subscription_id"), ["subscription_id"], unique=False
        )

    with op.batch_alter_table("page_entry", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_page_entry_conversation_id"), ["conversation_id"], unique=False
        )

    with op.batch_alter_table("receipt", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_receipt_customer_id"), ["customer_id"], unique=False)

    with op.batch_alter_table("subscription", schema=None) as batch_op:
        batch_op.add_column(sa.Column("begun_on_request_at", UtcDateTime(), nullable=True))

    with op.batch_alter_table("task", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_task_state"))
        batch_op.create_index("ix_task_state_due", ["state", "due_at"], unique=False)

    with op.batch_alter_table("verified_identity", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("shared", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
        batch_op.create_index(
            batch_op.f("ix_verified_identity_customer_id"), ["customer_id"], unique=False
        )

    # A conversation in which somebody else proved who they are is nobody's alone.
    op.execute(
        "UPDATE verified_identity SET shared = true WHERE EXISTS (SELECT 1 FROM code_challenge"
        " WHERE code_challenge.conversation_id = verified_identity.conversation_id"
        " AND code_challenge.used_at IS NOT NULL"
        " AND code_challenge.customer_id <> verified_identity.customer_id)"
    )

    with op.batch_alter_table("writes_from", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_writes_from_number"), ["number"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("writes_from", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_writes_from_number"))

    with op.batch_alter_table("verified_identity", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_verified_identity_customer_id"))
        batch_op.drop_column("shared")

    with op.batch_alter_table("task", schema=None) as batch_op:
        batch_op.drop_index("ix_task_state_due")
        batch_op.create_index(batch_op.f("ix_task_state"), ["state"], unique=False)

    with op.batch_alter_table("subscription", schema=None) as batch_op:
        batch_op.drop_column("begun_on_request_at")

    with op.batch_alter_table("receipt", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_receipt_customer_id"))

    with op.batch_alter_table("page_entry", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_page_entry_conversation_id"))

    with op.batch_alter_table("off_boarding_case", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_off_boarding_case_subscription_id"))
        batch_op.drop_index("ix_off_boarding_case_state")
        batch_op.drop_index(batch_op.f("ix_off_boarding_case_opened_at"))
        batch_op.drop_index(
            "ix_off_boarding_case_going_on",
            sqlite_where=sa.text("completed_at IS NULL"),
            postgresql_where=sa.text("completed_at IS NULL"),
        )

    with op.batch_alter_table("inbox", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_inbox_conversation_id"))

    with op.batch_alter_table("hand_off", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_hand_off_customer_id"))
        batch_op.drop_index(batch_op.f("ix_hand_off_contact_email"))

    with op.batch_alter_table("code_challenge", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_code_challenge_customer_id"))

    with op.batch_alter_table("case_note", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_case_note_case_id"))

    op.drop_table("case_note")
    with op.batch_alter_table("staff_session", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_staff_session_member_id"))
        batch_op.drop_index(batch_op.f("ix_staff_session_ends_at"))

    op.drop_table("staff_session")
    with op.batch_alter_table("staff_sign_in", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_staff_sign_in_browser_mark"))
        batch_op.drop_index(batch_op.f("ix_staff_sign_in_asked_at"))
        batch_op.drop_index(batch_op.f("ix_staff_sign_in_address_mark"))

    op.drop_table("staff_sign_in")
    op.drop_table("staff_member")
