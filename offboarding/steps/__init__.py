"""What a confirmed cancellation promises, step by step, over days and months."""
