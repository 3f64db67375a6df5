"""Who the customers are and what they subscribe to."""
