"""The desk"""

import sqlalchemy as sa
from alembic import op

from offboarding.database import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "agent",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("outer_id", sa.String(length=128), nullable=False),
        sa.Column("full_name", sa.String(length=200), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agent")),
        sa.UniqueConstraint("outer_id", name=op.f("uq_agent_outer_id")),
    )
    op.create_table(
        "practice_run",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("key", sa.String(length=160), nullable=False),
        sa.Column("agent_id", sa.String(length=64), nullable=False),
        sa.Column("scenario_id", sa.String(length=64), nullable=False),
        sa.Column("scenario", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("progress", sa.JSON(none_as_null=True), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "going",
                "ended_well",
                "ended_badly",
                "stopped",
                name="practicestate",
                native_enum=False,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_practice_run")),
        sa.UniqueConstraint("key", name=op.f("uq_practice_run_key")),
    )
    with op.batch_alter_table("practice_run", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_practice_run_agent_id"), ["agent_id"], unique=False)

    op.create_table(
        "practice_message",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("run_id", sa.String(length=36), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column(
            "author",
            sa.Enum("agent", "customer", name="practiceauthor", native_enum=False, length=24),
            nullable=False,
        ),
        sa.Column("outer_id", sa.String(length=160), nullable=True),
        sa.Column("in_answer_to", sa.String(length=160), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("noticed", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("written_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"], ["practice_run.id"], name=op.f("fk_practice_message_run_id_practice_run")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_practice_message")),
        sa.UniqueConstraint("run_id", "outer_id", name="uq_practice_message_outer_id"),
        sa.UniqueConstraint("run_id", "sequence", name=op.f("uq_practice_message_run_id")),
    )
    op.create_table(
        "slack_practice",
        sa.Column("run_id", sa.String(length=36), nullable=False),
        sa.Column("user", sa.String(length=32), nullable=False),
        sa.Column("channel", sa.String(length=100), nullable=False),
        sa.Column("channel_id", sa.String(length=32), nullable=True),
        sa.Column("ts", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(
            ["run_id"], ["practice_run.id"], name=op.f("fk_slack_practice_run_id_practice_run")
        ),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_slack_practice")),
        sa.UniqueConstraint("channel_id", "ts", name=op.f("uq_slack_practice_channel_id")),
    )
    op.create_table(
        "slack_event",
        sa.Column("position", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("event_id", sa.String(length=64), nullable=False),
        sa.Column("event", sa.JSON(none_as_null=True), nullable=False),
        sa.Column(
            "state",
            sa.Enum("received", "done", "failed", name="eventstate", native_enum=False, length=24),
            nullable=False,
        ),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_slack_event")),
        sa.UniqueConstraint("event_id", name=op.f("uq_slack_event_event_id")),
    )
    with op.batch_alter_table("slack_event", schema=None) as batch_op:
        batch_op.create_index("ix_slack_event_state", ["state", "position"], unique=False)

    op.create_table(
        "slack_post",
        sa.Column("position", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("key", sa.String(length=160), nullable=False),
        sa.Column("channel", sa.String(length=100), nullable=False),
        sa.Column("hand_off_id", sa.String(length=36), nullable=True),
        sa.Column("practice_id", sa.String(length=36), nullable=True),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("arguments", sa.JSON(none_as_null=True), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "pending",
                "sending",
                "parked",
                "sent",
                "failed",
                name="poststate",
                native_enum=False,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("begun_at", UtcDateTime(), nullable=True),
        sa.Column("sent_at", UtcDateTime(), nullable=True),
        sa.Column("error", sa.String(length=300), nullable=True),
        sa.ForeignKeyConstraint(
            ["hand_off_id"], ["hand_off.id"], name=op.f("fk_slack_post_hand_off_id_hand_off")
        ),
        sa.ForeignKeyConstraint(
            ["practice_id"],
            ["practice_run.id"],
            name=op.f("fk_slack_post_practice_id_practice_run"),
        ),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_slack_post")),
        sa.UniqueConstraint("key", name=op.f("uq_slack_post_key")),
    )
    with op.batch_alter_table("slack_post", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_slack_post_hand_off_id"), ["hand_off_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_slack_post_practice_id"), ["practice_id"], unique=False
        )
        batch_op.create_index("ix_slack_post_state", ["state", "channel", "position"], unique=False)

    op.create_table(
        "slack_thread",
        sa.Column("hand_off_id", sa.String(length=36), nullable=False),
        sa.Column("conversation_id", sa.String(length=36), nullable=False),
        sa.Column("channel", sa.String(length=100), nullable=False),
        sa.Column("channel_id", sa.String(length=32), nullable=True),
        sa.Column("ts", sa.String(length=32), nullable=True),
        sa.Column("claimed_ts", sa.String(length=32), nullable=True),
        sa.Column("shown_through", sa.Integer(), nullable=False),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["hand_off_id"], ["hand_off.id"], name=op.f("fk_slack_thread_hand_off_id_hand_off")
        ),
        sa.PrimaryKeyConstraint("hand_off_id", name=op.f("pk_slack_thread")),
        sa.UniqueConstraint("channel_id", "ts", name=op.f("uq_slack_thread_channel_id")),
    )
    with op.batch_alter_table("slack_thread", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_slack_thread_conversation_id"), ["conversation_id"], unique=False
        )

    with op.batch_alter_table("hand_off", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "cause",
                sa.Enum(
                    "customer_asked",
                    "not_understood",
                    "anger",
                    "bereavement",
                    "hardship",
                    "fraud",
                    "legal_threat",
                    "withdrawal",
                    "beyond_policy",
                    "valuable_account",
                    "account_manager",
                    "failed_step",
                    name="handoffcause",
                    native_enum=False,
                    length=24,
                ),
                nullable=False,
                server_default="customer_asked",
            )
        )
        batch_op.add_column(
            sa.Column(
                "state",
                sa.Enum(
                    "waiting",
                    "claimed",
                    "handed_back",
                    "resolved",
                    name="handoffstate",
                    native_enum=False,
                    length=24,
                ),
                nullable=False,
                server_default="waiting",
            )
        )
        batch_op.add_column(sa.Column("team", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("claim_due_at", UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column("opens_at", UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column("agent_id", sa.String(length=36), nullable=True))
        batch_op.add_column(sa.Column("claimed_at", UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column("unanswered_at", UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column("ended_at", UtcDateTime(), nullable=True))
        batch_op.drop_constraint(batch_op.f("uq_hand_off_conversation_id"), type_="unique")
        batch_op.create_index(batch_op.f("ix_hand_off_agent_id"), ["agent_id"], unique=False)
        batch_op.create_index(
            "ix_hand_off_conversation", ["conversation_id", "requested_at"], unique=False
        )
        batch_op.create_index("ix_hand_off_state", ["state", "requested_at"], unique=False)
        batch_op.create_index(
            "uq_hand_off_open",
            ["conversation_id"],
            unique=True,
            sqlite_where=sa.text("state IN ('claimed', 'waiting')"),
            postgresql_where=sa.text("state IN ('claimed', 'waiting')"),
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_hand_off_agent_id_agent"), "agent", ["agent_id"], ["id"]
        )

    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.add_column(sa.Column("author_name", sa.String(length=200), nullable=True))

    with op.batch_alter_table("retention_offer", schema=None) as batch_op:
        batch_op.add_column(sa.Column("agent_id", sa.String(length=36), nullable=True))
        batch_op.drop_constraint(batch_op.f("uq_retention_offer_case_id"), type_="unique")
        batch_op.create_index(batch_op.f("ix_retention_offer_case_id"), ["case_id"], unique=False)
        batch_op.create_index(
            "uq_retention_offer_open",
            ["case_id"],
            unique=True,
            sqlite_where=sa.text("answer IS NULL"),
            postgresql_where=sa.text("answer IS NULL"),
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_retention_offer_agent_id_agent"), "agent", ["agent_id"], ["id"]
        )

    op.create_table(
        "agent_offer",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.Column("hand_off_id", sa.String(length=36), nullable=False),
        sa.Column("agent_id", sa.String(length=36), nullable=False),
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
        sa.Column("percent", sa.Integer(), nullable=True),
        sa.Column("months", sa.Integer(), nullable=True),
        sa.Column("days", sa.Integer(), nullable=True),
        sa.Column("customer_asked", sa.Boolean(), nullable=False),
        sa.Column("policy_version", sa.String(length=32), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "waiting",
                "presented",
                "refused",
                "withdrawn",
                name="proposalstate",
                native_enum=False,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("proposed_at", UtcDateTime(), nullable=False),
        sa.Column("decided_by_id", sa.String(length=36), nullable=True),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("offer_id", sa.String(length=36), nullable=True),
        sa.ForeignKeyConstraint(
            ["agent_id"], ["agent.id"], name=op.f("fk_agent_offer_agent_id_agent")
        ),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["off_boarding_case.id"],
            name=op.f("fk_agent_offer_case_id_off_boarding_case"),
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["agent.id"], name=op.f("fk_agent_offer_decided_by_id_agent")
        ),
        sa.ForeignKeyConstraint(
            ["hand_off_id"], ["hand_off.id"], name=op.f("fk_agent_offer_hand_off_id_hand_off")
        ),
        sa.ForeignKeyConstraint(
            ["offer_id"],
            ["retention_offer.id"],
            name=op.f("fk_agent_offer_offer_id_retention_offer"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agent_offer")),
        sa.UniqueConstraint("key", name=op.f("uq_agent_offer_key")),
        sa.UniqueConstraint("offer_id", name=op.f("uq_agent_offer_offer_id")),
    )
    with op.batch_alter_table("agent_offer", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_agent_offer_hand_off_id"), ["hand_off_id"], unique=False
        )
        batch_op.create_index(
            "uq_agent_offer_waiting",
            ["case_id"],
            unique=True,
            sqlite_where=sa.text("state = 'waiting'"),
            postgresql_where=sa.text("state = 'waiting'"),
        )


def downgrade() -> None:
    with op.batch_alter_table("agent_offer", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_agent_offer_waiting",
            sqlite_where=sa.text("state = 'waiting'"),
            postgresql_where=sa.text("state = 'waiting'"),
        )
        batch_op.drop_index(batch_op.f("ix_agent_offer_hand_off_id"))

    op.drop_table("agent_offer")
    with op.batch_alter_table("retention_offer", schema=None) as batch_op:
        batch_op.drop_constraint(
            batch_op.f("fk_retention_offer_agent_id_agent"), type_="foreignkey"
        )
        batch_op.drop_index(
            "uq_retention_offer_open",
            sqlite_where=sa.text("answer IS NULL"),
            postgresql_where=sa.text("answer IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_retention_offer_case_id"))
        batch_op.create_unique_constraint(batch_op.f("uq_retention_offer_case_id"), ["case_id"])
        batch_op.drop_column("agent_id")

    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.drop_column("author_name")

    with op.batch_alter_table("hand_off", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_hand_off_agent_id_agent"), type_="foreignkey")
        batch_op.drop_index(
            "uq_hand_off_open",
            sqlite_where=sa.text("state IN ('claimed', 'waiting')"),
            postgresql_where=sa.text("state IN ('claimed', 'waiting')"),
        )
        batch_op.drop_index("ix_hand_off_state")
        batch_op.drop_index("ix_hand_off_conversation")
        batch_op.drop_index(batch_op.f("ix_hand_off_agent_id"))
        batch_op.create_unique_constraint(
            batch_op.f("uq_hand_off_conversation_id"), ["conversation_id"]
        )
        batch_op.drop_column("ended_at")
        batch_op.drop_column("unanswered_at")
        batch_op.drop_column("claimed_at")
        batch_op.drop_column("agent_id")
        batch_op.drop_column("opens_at")
        batch_op.drop_column("claim_due_at")
        batch_op.drop_column("team")
        batch_op.drop_column("state")
        batch_op.drop_column("cause")

    with op.batch_alter_table("slack_thread", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_slack_thread_conversation_id"))

    op.drop_table("slack_thread")
    with op.batch_alter_table("slack_post", schema=None) as batch_op:
        batch_op.drop_index("ix_slack_post_state")
        batch_op.drop_index(batch_op.f("ix_slack_post_practice_id"))
        batch_op.drop_index(batch_op.f("ix_slack_post_hand_off_id"))

    op.drop_table("slack_post")
    with op.batch_alter_table("slack_event", schema=None) as batch_op:
        batch_op.drop_index("ix_slack_event_state")

    op.drop_table("slack_event")
    op.drop_table("slack_practice")
    op.drop_table("practice_message")
    with op.batch_alter_table("practice_run", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_practice_run_agent_id"))

    op.drop_table("practice_run")
    op.drop_table("agent")
