"""One document that says what was done; chat, mail and page all show it."""
