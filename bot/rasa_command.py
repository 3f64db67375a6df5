"""`python -m bot.rasa_command data validate`: Rasa's own command line in this environment.

The plain `rasa` command needs packages that are left out here (see bot/absent.py).
"""

from __future__ import annotations

from bot.patches import prepare


def main() -> None:
    """Prepare Rasa, then hand over to its command line."""
    prepare()
    from rasa.__main__ import main as rasa_main

    rasa_main()


if __name__ == "__main__":
    main()
