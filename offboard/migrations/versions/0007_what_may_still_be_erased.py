"""An index of what may still have to be erased"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

NOT_ERASED = sa.text("kind = 'erase' AND state = 'not_needed'")


def upgrade() -> None:
    op.create_index(
        "ix_off_boarding_step_not_erased",
        "off_boarding_step",
        ["kind", "state", "case_id"],
        sqlite_where=NOT_ERASED,
        postgresql_where=NOT_ERASED,
    )


def downgrade() -> None:
    op.drop_index("ix_off_boarding_step_not_erased", "off_boarding_step")
