"""Stands in for bot.serve: answers when it has a model, ends when its input closes."""

import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path


class Gateway(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def end_with_parent() -> None:
    sys.stdin.read()
    os._exit(0)


if Path("model-is-broken").exists():
    sys.exit("the model cannot be read")
port = int(sys.argv[sys.argv.index("--port") + 1])
threading.Thread(target=end_with_parent, daemon=True).start()
if Path("model-is-slow").exists():
    threading.Event().wait()
Path(f"rasa-environment-{os.getpid()}").write_text("\n".join(sorted(os.environ)))
HTTPServer(("127.0.0.1", port), Gateway).serve_forever()
