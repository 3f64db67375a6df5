"""Forgets what actions answered to messages that have their answer: that is in the conversation"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run = sa.table("action_run", sa.column("message_id"), sa.column("answer", sa.JSON))
    inbox = sa.table("inbox", sa.column("id"), sa.column("state"))
    answered = sa.select(inbox.c.id).where(inbox.c.state == "answered")
    op.execute(
        sa.update(run)
        .where(run.c.message_id.in_(answered))
        .values(answer={"messages": [], "events": []})
    )


def downgrade() -> None:
    """What was forgotten does not come back, and nothing needs it."""
