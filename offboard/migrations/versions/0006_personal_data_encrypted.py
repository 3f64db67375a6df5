"""Personal data encrypted, and found by blind indexes

Here the columns are made wide enough. What is in them is encrypted afterwards, in batches, by
`offboarding.encryption.encrypting`, for that needs keys, and time with many rows.
"""

import sqlalchemy as sa
from alembic import op

from offboarding.database import UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TEXTS = {
    "account": {"name": 200},
    "case_note": {"words": 1000},
    "code_challenge": {"email": 254, "phone": 20},
    "customer": {"email": 254, "full_name": 200, "phone": 20},
    "hand_off": {"contact_email": 254, "note": 2000},
    "off_boarding_case": {"reason_words": 2000},
    "sms_line": {"number": 40},
    "survey_answer": {"answer": 2000},
    "writes_from": {"number": 40},
}
"""Columns that had a greatest length, by table."""
DOCUMENTS = {
    "conversation": ["dialogue_state"],
    "inbox": ["payload"],
    "message": ["card"],
    "receipt": ["document"],
}
"""Columns that were JSON, by table."""
INDEXES = {
    "code_challenge": "email",
    "customer": "phone",
    "hand_off": "contact_email",
    "writes_from": "number",
}
"""Columns that were looked up, by table."""
UNIQUE = {"customer": ("email", ["email_mark"]), "sms_line": ("number", ["number_mark", "sender"])}
"""Columns of which no two were the same."""


def upgrade() -> None:
    op.create_table(
        "sealed_column",
        sa.Column("place", sa.String(length=80), nullable=False),
        sa.Column("finished_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("place", name=op.f("pk_sealed_column")),
    )
    op.add_column("erasure", sa.Column("keys_left", sa.JSON(none_as_null=True), nullable=True))
    for table in sorted({*TEXTS, *DOCUMENTS}):
        with op.batch_alter_table(table) as batch:
            for column, length in TEXTS.get(table, {}).items():
                batch.alter_column(column, existing_type=sa.String(length), type_=sa.Text())
            for column in DOCUMENTS.get(table, []):
                batch.alter_column(
                    column,
                    existing_type=sa.JSON(),
                    type_=sa.Text(),
                    postgresql_using=f"{column}::text",
                )
            if table in INDEXES:
                found = INDEXES[table]
                batch.add_column(sa.Column(f"{found}_mark", sa.String(length=64), nullable=True))
                batch.drop_index(f"ix_{table}_{found}")
                batch.create_index(f"ix_{table}_{found}_mark", [f"{found}_mark"])
            if table in UNIQUE:
                found, together = UNIQUE[table]
                batch.add_column(sa.Column(f"{found}_mark", sa.String(length=64), nullable=True))
                batch.drop_constraint(f"uq_{table}_{found}", type_="unique")
                batch.create_unique_constraint(f"uq_{table}_{found}_mark", together)


def downgrade() -> None:
    raise NotImplementedError(
        "What is encrypted can't be read by the version before: restore the copy of the database "
        "that was made before the update."
    )
