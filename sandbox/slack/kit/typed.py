"""What Slack makes of what people type, before an app sees it."""

import re
import secrets

from sandbox.slack.model import Json
from sandbox.slack.people import TEAM_DOMAIN

EMOJI = {
    "white_check_mark": "✅",
    "heavy_check_mark": "✔️",
    "eyes": "👀",
    "memo": "📝",
    "lock": "🔒",
    "unlock": "🔓",
    "hourglass_flowing_sand": "⏳",
    "hourglass": "⌛",
    "warning": "⚠️",
    "x": "❌",
    "no_entry": "⛔",
    "outbox_tray": "📤",
    "inbox_tray": "📥",
    "envelope": "✉️",
    "speech_balloon": "💬",
    "bell": "🔔",
    "no_bell": "🔕",
    "wave": "👋",
    "tada": "🎉",
    "pray": "🙏",
    "+1": "👍",
    "-1": "👎",
    "heart": "❤️",
    "slightly_smiling_face": "🙂",
    "smile": "😄",
    "blush": "😊",
    "joy": "😂",
    "cry": "😢",
    "disappointed": "😞",
    "thinking_face": "🤔",
    "pencil2": "✏️",
    "wastebasket": "🗑️",
    "paperclip": "📎",
    "arrows_counterclockwise": "🔄",
    "large_green_circle": "🟢",
    "large_yellow_circle": "🟡",
    "red_circle": "🔴",
    "white_circle": "⚪",
    "star": "⭐",
    "raised_hand": "✋",
    "handshake": "🤝",
    "robot_face": "🤖",
    "bust_in_silhouette": "👤",
    "clock1": "🕐",
    "stopwatch": "⏱️",
    "moneybag": "💰",
    "gift": "🎁",
    "page_facing_up": "📄",
    "mag": "🔍",
    "bulb": "💡",
    "rotating_light": "🚨",
    "heavy_multiplication_x": "✖️",
    "information_source": "\u2139\ufe0f",
    "question": "❓",
    "phone": "☎️",
    "arrow_right": "➡️",
    "leftwards_arrow_with_hook": "↩️",
    "sos": "🆘",
    "mailbox_with_mail": "📬",
}
"""The names Slack has for the emoji that this desk is likely to see."""

_ADDRESS = re.compile(r"https?://[^\s<>|]+[^\s<>|.,;:!?)'\"]")
_MAIL = re.compile(r"(?<![\w/@|:])[\w.+-]+@[\w-]+\.[\w.-]*\w")
_NAMES = {emoji: f":{name}:" for name, emoji in EMOJI.items()}


def as_sent(text: str) -> str:
    """Typed words as they arrive in an event: escaped, with links and emoji in Slack's writing."""
    sent = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    sent = _MAIL.sub(lambda found: f"<mailto:{found[0]}|{found[0]}>", sent)
    sent = _ADDRESS.sub(lambda found: f"<{found[0]}>", sent)
    for emoji, name in _NAMES.items():
        sent = sent.replace(emoji, name)
    return sent


def as_rich_text(text: str) -> list[Json]:
    """The block that Slack adds to what people type."""
    if not text:
        return []
    words = {"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}
    return [{"type": "rich_text", "elements": [words]}]


def as_file(name: str, user: str) -> Json:
    """A file of this name that somebody attached; it has no content."""
    identifier = f"F0{secrets.token_hex(5).upper()}"
    kind = name.rpartition(".")[2].lower()
    picture = kind in {"png", "jpg", "jpeg", "gif", "webp"}
    return {
        "id": identifier,
        "name": name,
        "title": name,
        "mimetype": f"image/{kind.replace('jpg', 'jpeg')}" if picture else f"application/{kind}",
        "filetype": kind,
        "user": user,
        "size": 48_211,
        "mode": "hosted",
        "is_external": False,
        "url_private": f"https://files.slack.com/files-pri/{identifier}/{name}",
        "permalink": f"https://{TEAM_DOMAIN}.slack.com/files/{user}/{identifier}/{name}",
    }
