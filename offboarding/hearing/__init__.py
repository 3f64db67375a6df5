"""What can be heard in the words of customers by their look alone, wherever they are read."""
