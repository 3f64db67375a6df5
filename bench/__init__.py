"""Benchmarks: this project beside Rasa's default, in one run; `make bench`."""
