"""views.*: modals and home tabs."""

from typing import Any

from sandbox.slack.api.call import Call
from sandbox.slack.blocks import check_view, with_ids
from sandbox.slack.model import Json


def open_modal(call: Call) -> Json:
    """Show a modal to whoever did what the trigger id is of."""
    content = _content(call)
    views = call.workspace.views
    user, tab = views.use_trigger(call.text("trigger_id"))
    return {"view": views.open(user, content, tab).as_slack()}


def push(call: Call) -> Json:
    """Show a modal in front of the open one."""
    content = _content(call)
    views = call.workspace.views
    user, tab = views.use_trigger(call.text("trigger_id"))
    return {"view": views.push(user, content, tab).as_slack()}


def update(call: Call) -> Json:
    """Show something else in an open modal."""
    views = call.workspace.views
    view = views.find(call.text("view_id"), call.text("external_id"))
    home = view.content["type"] == "home"
    changed = views.update(view, _content(call, home=home), call.text("hash"))
    return {"view": changed.as_slack()}


def publish(call: Call) -> Json:
    """Show somebody's home tab."""
    user, content = call.user("user_id"), _content(call, home=True)
    return {"view": call.workspace.views.publish(user.id, content, call.text("hash")).as_slack()}


def checked(view: Any, *, home: bool = False) -> Json:
    """A view as it is kept. Raises SlackRefusal when Slack would not take it."""
    check_view(view, home=home)
    return {**view, "blocks": with_ids(view["blocks"])}


def _content(call: Call, *, home: bool = False) -> Json:
    return checked(call.arguments.get("view"), home=home)
