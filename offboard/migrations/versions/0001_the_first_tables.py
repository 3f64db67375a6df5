"""The first tables"""

import sqlalchemy as sa
from alembic import op

from offboarding.database import UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("consumer", "business", name="accountkind", native_enum=False, length=24),
            nullable=False,
        ),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("region", sa.String(length=8), nullable=True),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.Column("account_manager_name", sa.String(length=200), nullable=True),
        sa.Column("account_manager_email", sa.String(length=254), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
    )
    op.create_table(
        "action_run",
        sa.Column("message_id", sa.String(length=36), nullable=False),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("answer", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("ran_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("message_id", "action", name=op.f("pk_action_run")),
    )
    op.create_table(
        "audit_entry",
        sa.Column(
            "sequence",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("event", sa.String(length=64), nullable=False),
        sa.Column("subject_id", sa.String(length=36), nullable=False),
        sa.Column("policy_version", sa.String(length=32), nullable=True),
        sa.Column("details", sa.JSON(none_as_null=True), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_audit_entry")),
    )
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_entry_event"), ["event"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_entry_subject_id"), ["subject_id"], unique=False)

    op.create_table(
        "conversation",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "bot",
                "waiting",
                "human",
                "closed",
                name="conversationstate",
                native_enum=False,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("locale", sa.String(length=35), nullable=True),
        sa.Column("time_zone", sa.String(length=64), nullable=True),
        sa.Column("next_sequence", sa.Integer(), nullable=False),
        sa.Column("dialogue_state", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("turn_count", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("last_activity_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversation")),
    )
    op.create_table(
        "page_entry",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("conversation_id", sa.String(length=36), nullable=False),
        sa.Column("visit_id", sa.String(length=36), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_page_entry")),
    )
    with op.batch_alter_table("page_entry", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_page_entry_used_at"), ["used_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_page_entry_visit_id"), ["visit_id"], unique=False)

    op.create_table(
        "plan",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column(
            "interval",
            sa.Enum("month", "year", name="interval", native_enum=False, length=24),
            nullable=False,
        ),
        sa.Column("price_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("smaller_plan_id", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(
            ["smaller_plan_id"], ["plan.id"], name=op.f("fk_plan_smaller_plan_id_plan")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan")),
    )
    op.create_table(
        "task",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=160), nullable=False),
        sa.Column("subject_id", sa.String(length=36), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "pending",
                "handed",
                "done",
                "failed",
                name="taskstate",
                native_enum=False,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("done_at", UtcDateTime(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("retries", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.String(length=300), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task")),
        sa.UniqueConstraint("key", name=op.f("uq_task_key")),
    )
    with op.batch_alter_table("task", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_task_state"), ["state"], unique=False)

    op.create_table(
        "customer",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("external_id", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("full_name", sa.String(length=200), nullable=False),
        sa.Column("locale", sa.String(length=16), nullable=False),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_customer_account_id_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer")),
        sa.UniqueConstraint("email", name=op.f("uq_customer_email")),
        sa.UniqueConstraint("external_id", name=op.f("uq_customer_external_id")),
    )
    with op.batch_alter_table("customer", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_customer_account_id"), ["account_id"], unique=False)

    op.create_table(
        "inbox",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("outer_id", sa.String(length=128), nullable=False),
        sa.Column("conversation_id", sa.String(length=36), nullable=False),
        sa.Column("message_sequence", sa.Integer(), nullable=False),
        sa.Column("payload", sa.JSON(none_as_null=True), nullable=False),
        sa.Column(
            "state",
            sa.Enum("received", "answered", name="inboxstate", native_enum=False, length=24),
            nullable=False,
        ),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("answered_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.id"],
            name=op.f("fk_inbox_conversation_id_conversation"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox")),
        sa.UniqueConstraint("channel", "outer_id", name=op.f("uq_inbox_channel")),
    )
    with op.batch_alter_table("inbox", schema=None) as batch_op:
        batch_op.create_index(
            "ix_inbox_unanswered", ["state", "conversation_id", "message_sequence"], unique=False
        )

    op.create_table(
        "message",
        sa.Column("conversation_id", sa.String(length=36), nullable=False),
        sa.Column("sequence", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "author",
            sa.Enum(
                "customer", "bot", "agent", "system", name="author", native_enum=False, length=24
            ),
            nullable=False,
        ),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("card", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("client_key", sa.String(length=64), nullable=True),
        sa.Column("dedupe_key", sa.String(length=160), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.id"],
            name=op.f("fk_message_conversation_id_conversation"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("conversation_id", "sequence", name=op.f("pk_message")),
        sa.UniqueConstraint("dedupe_key", name=op.f("uq_message_dedupe_key")),
    )
    op.create_table(
        "quick_reply",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("conversation_id", sa.String(length=36), nullable=False),
        sa.Column("message_sequence", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.id"],
            name=op.f("fk_quick_reply_conversation_id_conversation"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quick_reply")),
    )
    with op.batch_alter_table("quick_reply", schema=None) as batch_op:
        batch_op.create_index(
            "ix_quick_reply_message", ["conversation_id", "message_sequence"], unique=False
        )

    op.create_table(
        "subscription",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("plan_id", sa.String(length=64), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "trialing",
                "active",
                "paused",
                "ended",
                name="subscriptionstate",
                native_enum=False,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("period_end", UtcDateTime(), nullable=True),
        sa.Column("cancel_at", UtcDateTime(), nullable=True),
        sa.Column("paused_from", UtcDateTime(), nullable=True),
        sa.Column("paused_until", UtcDateTime(), nullable=True),
        sa.Column("discount_percent", sa.Integer(), nullable=True),
        sa.Column("discount_until", UtcDateTime(), nullable=True),
        sa.Column("next_plan_id", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_subscription_account_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["next_plan_id"], ["plan.id"], name=op.f("fk_subscription_next_plan_id_plan")
        ),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["plan.id"], name=op.f("fk_subscription_plan_id_plan")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscription")),
    )
    with op.batch_alter_table("subscription", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_subscription_account_id"), ["account_id"], unique=False
        )

    op.create_table(
        "code_challenge",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("conversation_id", sa.String(length=36), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("customer_id", sa.String(length=36), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("wrong_attempts", sa.Integer(), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_code_challenge_customer_id_customer")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_code_challenge")),
    )
    with op.batch_alter_table("code_challenge", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_code_challenge_conversation_id"), ["conversation_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_code_challenge_email"), ["email"], unique=False)

    op.create_table(
        "data_export",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("customer_id", sa.String(length=36), nullable=False),
        sa.Column("conversation_id", sa.String(length=36), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "requested", "ready", "revoked", name="exportstate", native_enum=False, length=24
            ),
            nullable=False,
        ),
        sa.Column("file_name", sa.String(length=200), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("size_bytes", sa.BigInteger(), nullable=True),
        sa.Column("requested_at", UtcDateTime(), nullable=False),
        sa.Column("ready_at", UtcDateTime(), nullable=True),
        sa.Column("expires_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_data_export_customer_id_customer")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_data_export")),
    )
    with op.batch_alter_table("data_export", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_data_export_customer_id"), ["customer_id"], unique=False
        )

    op.create_table(
        "hand_off",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.String(length=16), nullable=False),
        sa.Column("conversation_id", sa.String(length=36), nullable=False),
        sa.Column("customer_id", sa.String(length=36), nullable=True),
        sa.Column("requested_by", sa.String(length=16), nullable=False),
        sa.Column("contact_email", sa.String(length=254), nullable=True),
        sa.Column("note", sa.String(length=2000), nullable=False),
        sa.Column("requested_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_hand_off_customer_id_customer")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hand_off")),
        sa.UniqueConstraint("conversation_id", name=op.f("uq_hand_off_conversation_id")),
        sa.UniqueConstraint("number", name=op.f("uq_hand_off_number")),
    )
    op.create_table(
        "ledger_entry",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("subscription_id", sa.String(length=36), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "charge",
                "refund",
                "cancellation",
                "cancellation_undone",
                "pause",
                "discount",
                "plan_change",
                "trial_extension",
                "end",
                name="entrykind",
                native_enum=False,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("key", sa.String(length=160), nullable=False),
        sa.Column("occurred_at", UtcDateTime(), nullable=False),
        sa.Column("details", sa.JSON(none_as_null=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscription_id"],
            ["subscription.id"],
            name=op.f("fk_ledger_entry_subscription_id_subscription"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_entry")),
        sa.UniqueConstraint("key", name=op.f("uq_ledger_entry_key")),
    )
    with op.batch_alter_table("ledger_entry", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_ledger_entry_subscription_id"), ["subscription_id"], unique=False
        )

    op.create_table(
        "off_boarding_case",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.String(length=16), nullable=False),
        sa.Column("subscription_id", sa.String(length=36), nullable=False),
        sa.Column("customer_id", sa.String(length=36), nullable=False),
        sa.Column("conversation_id", sa.String(length=36), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "shown",
                "confirmed",
                "scheduled",
                "ended",
                "kept",
                "undone",
                name="casestate",
                native_enum=False,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column(
            "reason",
            sa.Enum(
                "too_expensive",
                "missing_features",
                "unused",
                "switched_service",
                "low_quality",
                "customer_service",
                "too_complex",
                "other",
                name="churnreason",
                native_enum=False,
                length=24,
            ),
            nullable=True,
        ),
        sa.Column("reason_words", sa.String(length=2000), nullable=True),
        sa.Column("reason_skipped", sa.Boolean(), nullable=False),
        sa.Column("offer_considered_at", UtcDateTime(), nullable=True),
        sa.Column("shown", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.Column("confirmed_at", UtcDateTime(), nullable=True),
        sa.Column("ends_at", UtcDateTime(), nullable=True),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_off_boarding_case_customer_id_customer")
        ),
        sa.ForeignKeyConstraint(
            ["subscription_id"],
            ["subscription.id"],
            name=op.f("fk_off_boarding_case_subscription_id_subscription"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_off_boarding_case")),
        sa.UniqueConstraint("number", name=op.f("uq_off_boarding_case_number")),
    )
    with op.batch_alter_table("off_boarding_case", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_off_boarding_case_conversation_id"), ["conversation_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_off_boarding_case_customer_id"), ["customer_id"], unique=False
        )
        batch_op.create_index(
            "uq_off_boarding_case_active",
            ["subscription_id"],
            unique=True,
            sqlite_where=sa.text("state NOT IN ('ended', 'kept', 'undone')"),
            postgresql_where=sa.text("state NOT IN ('ended', 'kept', 'undone')"),
        )

    op.create_table(
        "verified_identity",
        sa.Column("conversation_id", sa.String(length=36), nullable=False),
        sa.Column("customer_id", sa.String(length=36), nullable=False),
        sa.Column(
            "method",
            sa.Enum("token", "code", name="identitymethod", native_enum=False, length=24),
            nullable=False,
        ),
        sa.Column("verified_at", UtcDateTime(), nullable=False),
        sa.Column("lapses_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_verified_identity_customer_id_customer")
        ),
        sa.PrimaryKeyConstraint("conversation_id", name=op.f("pk_verified_identity")),
    )
    op.create_table(
        "receipt",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.Column("customer_id", sa.String(length=36), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "cancellation", "undo", "offer", name="receiptkind", native_enum=False, length=24
            ),
            nullable=False,
        ),
        sa.Column("document", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("issued_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["off_boarding_case.id"], name=op.f("fk_receipt_case_id_off_boarding_case")
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_receipt_customer_id_customer")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipt")),
        sa.UniqueConstraint("case_id", "kind", name=op.f("uq_receipt_case_id")),
    )
    op.create_table(
        "retention_offer",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "pause",
                "discount",
                "smaller_plan",
                "trial_extension",
                "call",
                name="offerkind",
                native_enum=False,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("terms", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("policy_version", sa.String(length=32), nullable=False),
        sa.Column("presented_at", UtcDateTime(), nullable=False),
        sa.Column(
            "answer",
            sa.Enum("accepted", "declined", name="offeranswer", native_enum=False, length=24),
            nullable=True,
        ),
        sa.Column("answered_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_retention_offer_account_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["off_boarding_case.id"],
            name=op.f("fk_retention_offer_case_id_off_boarding_case"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention_offer")),
        sa.UniqueConstraint("case_id", name=op.f("uq_retention_offer_case_id")),
    )
    with op.batch_alter_table("retention_offer", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_retention_offer_account_id"), ["account_id"], unique=False
        )

    op.create_table(
        "survey_answer",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.Column(
            "question",
            sa.Enum("improve", "return", name="surveyquestion", native_enum=False, length=24),
            nullable=False,
        ),
        sa.Column("answer", sa.String(length=2000), nullable=True),
        sa.Column("answered_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["off_boarding_case.id"],
            name=op.f("fk_survey_answer_case_id_off_boarding_case"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_survey_answer")),
        sa.UniqueConstraint("case_id", "question", name=op.f("uq_survey_answer_case_id")),
    )


def downgrade() -> None:
    op.drop_table("survey_answer")
    with op.batch_alter_table("retention_offer", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_retention_offer_account_id"))

    op.drop_table("retention_offer")
    op.drop_table("receipt")
    op.drop_table("verified_identity")
    with op.batch_alter_table("off_boarding_case", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_off_boarding_case_active",
            sqlite_where=sa.text("state NOT IN ('ended', 'kept', 'undone')"),
            postgresql_where=sa.text("state NOT IN ('ended', 'kept', 'undone')"),
        )
        batch_op.drop_index(batch_op.f("ix_off_boarding_case_customer_id"))
        batch_op.drop_index(batch_op.f("ix_off_boarding_case_conversation_id"))

    op.drop_table("off_boarding_case")
    with op.batch_alter_table("ledger_entry", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_ledger_entry_subscription_id"))

    op.drop_table("ledger_entry")
    op.drop_table("hand_off")
    with op.batch_alter_table("data_export", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_data_export_customer_id"))

    op.drop_table("data_export")
    with op.batch_alter_table("code_challenge", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_code_challenge_email"))
        batch_op.drop_index(batch_op.f("ix_code_challenge_conversation_id"))

    op.drop_table("code_challenge")
    with op.batch_alter_table("subscription", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_subscription_account_id"))

    op.drop_table("subscription")
    with op.batch_alter_table("quick_reply", schema=None) as batch_op:
        batch_op.drop_index("ix_quick_reply_message")

    op.drop_table("quick_reply")
    op.drop_table("message")
    with op.batch_alter_table("inbox", schema=None) as batch_op:
        batch_op.drop_index("ix_inbox_unanswered")

    op.drop_table("inbox")
    with op.batch_alter_table("customer", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_customer_account_id"))

    op.drop_table("customer")
    with op.batch_alter_table("task", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_task_state"))

    op.drop_table("task")
    op.drop_table("plan")
    with op.batch_alter_table("page_entry", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_page_entry_visit_id"))
        batch_op.drop_index(batch_op.f("ix_page_entry_used_at"))

    op.drop_table("page_entry")
    op.drop_table("conversation")
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_entry_subject_id"))
        batch_op.drop_index(batch_op.f("ix_audit_entry_event"))

    op.drop_table("audit_entry")
    op.drop_table("action_run")
    op.drop_table("account")
