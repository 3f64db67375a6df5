"""Access: telling the company's systems that it ends, and knowing which of them have heard."""
