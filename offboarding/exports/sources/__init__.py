"""Where the data of an export comes from: a port, and what stands behind it."""
