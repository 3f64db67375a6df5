"""The linter of words: names what in our texts does not let people leave well."""
