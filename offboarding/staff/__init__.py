"""Who of the company may look after cases on the staff pages, and how they sign in."""
