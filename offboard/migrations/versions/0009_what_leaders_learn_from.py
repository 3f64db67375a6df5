"""What leaders learn from: who skipped a question, and two indexes by time"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "survey_answer",
        sa.Column("skipped", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    # Words that were erased before can't be told from none any more.
    op.execute("UPDATE survey_answer SET skipped = true WHERE answer IS NULL")
    op.create_index("ix_survey_answer_answered_at", "survey_answer", ["answered_at"])
    op.create_index("ix_hand_off_requested_at", "hand_off", ["requested_at"])


def downgrade() -> None:
    op.drop_index("ix_hand_off_requested_at", "hand_off")
    op.drop_index("ix_survey_answer_answered_at", "survey_answer")
    op.drop_column("survey_answer", "skipped")
