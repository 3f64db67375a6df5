# Everything a person does with this project; `make help` lists it.
# The work itself is in tools/ (set-up, tests) and offboard/ (the command line).
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
PYTHON_3_11 := tools/python
PREPARE := $(PYTHON_3_11) -m tools.prepare
RUFF := .venv/bin/python -m ruff
BOT := bot/.venv/bin/python

.PHONY: help run setup train encoder chat bench test check check-code check-types check-bot check-dialogue check-words check-widget format lock clean

help: ## What there is to make
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo "PORT=8001 make run takes another port; .venv/bin/offboard --help has more commands."

run: ## Set up what is missing, train if needed, start everything, print the address
	@$(PREPARE)
	@.venv/bin/offboard run

setup: ## Install the Python packages of both environments, and no more
	@$(PREPARE)

train: ## Train the bot on data/, domain.yml and config.yml
	@$(PREPARE)
	@.venv/bin/offboard train

encoder: ## Make the sentence encoder anew from the examples, rarely (bot/encoder_recipe)
	@$(PYTHON_3_11) -m tools.encoder

chat: ## Talk in the terminal to the assistant that `make run` started
	@$(PREPARE)
	@.venv/bin/offboard chat

test: ## Run every test; T="tests/commands -k port" only those
	@$(PYTHON_3_11) -m tools.suites $(T)

check: ## Lint, types, layers, conversation data, words, widget, dialogue
	@$(PREPARE) --development
	@$(MAKE) check-code check-bot check-words check-widget check-dialogue

check-code:
	$(RUFF) check .
	$(RUFF) format --check .
	@$(MAKE) check-types

check-types:
	.venv/bin/python -m mypy
	.venv/bin/python -m mypy --package tools --package bench
	$(BOT) -m mypy --config-file bot/mypy.ini bot
	.venv/bin/lint-imports

check-bot:
	@.venv/bin/offboard nlu check
	@tools/quietly "Conversation data" $(BOT) -m bot.rasa_command data validate --fail-on-warnings

check-dialogue: ## Walk every talk with the trained bot: is anybody trapped? (docs/proof.md)
	@$(PREPARE)
	@.venv/bin/offboard train
	@.venv/bin/offboard dialogue draw --check
	@.venv/bin/offboard dialogue prove --quick

check-words: ## Hold every text that customers read against the rules of words
	@$(PREPARE)
	@.venv/bin/offboard words check

check-widget:
	@$(PYTHON_3_11) -m tools.node
	cd channels/web/widget && npm run --silent check

bench: ## Measure: understanding, turns per second, start and memory
	@$(PREPARE) --development
	@.venv/bin/python -m bench

format: ## Bring the code into its usual form
	@$(PREPARE) --development
	$(RUFF) check --fix .
	$(RUFF) format .

lock: ## Write the lock files anew after a change of a pyproject.toml; UPGRADE=1 takes newer versions
	@$(PYTHON_3_11) -m tools.lock $(if $(UPGRADE),--upgrade)

clean: ## Remove the environments, caches and logs; models, data and .env stay
	rm -rf .venv bot/.venv channels/web/widget/node_modules var/setup var/tests
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
