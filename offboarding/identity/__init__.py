"""Who is this? A signed token from the company's page, or a code by mail."""
