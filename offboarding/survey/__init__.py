"""Two questions at the end, which may be skipped."""
