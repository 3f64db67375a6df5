"""Stands in for offboard/migrations: makes every table at once."""

from alembic import context

from offboard import tables
from offboarding.database import make_engine

engine = make_engine(context.config.attributes["database_url"])
tables.metadata.create_all(engine)
engine.dispose()
