"""A process of its own that makes one export, to be killed."""

import sys

import offboard.tables  # noqa: F401 (every table is known, as in the application)
from offboard.off_boarding import KEPT
from offboarding.database import open_database
from offboarding.exports import service as exports
from offboarding.policies.store import Policies
from offboarding.settings import Settings

if __name__ == "__main__":
    settings = Settings(_env_file=None)
    policies = Policies(settings.policy_directory)
    exports.build(open_database(settings), sys.argv[1], settings, policies, KEPT)
