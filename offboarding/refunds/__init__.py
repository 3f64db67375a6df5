"""What is paid back to whoever leaves: by law in the first days, and by goodwill."""
