"""The history of the tables, by Alembic; the same for SQLite and PostgreSQL."""
