"""At most one fitting offer, where policy and law allow it."""
