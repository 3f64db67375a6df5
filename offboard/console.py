"""Where commands write: what was asked for to the output, all else to the error output."""

from rich.console import Console

output = Console(highlight=False, soft_wrap=True)
notices = Console(stderr=True, highlight=False, soft_wrap=True)


def notice(sentence: str) -> None:
    """Tell the person at the terminal something, literally and on one line."""
    notices.print(sentence, markup=False)
