"""Stands in for bot.predict: hears the same in every text."""

import json
import sys

for line in sys.stdin:
    answer = {"text": line.rstrip("\n"), "intents": ["cancel"], "confidence": 1.0}
    sys.stdout.write(f"{json.dumps(answer)}\n")
