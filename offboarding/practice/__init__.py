"""Practice for the people at the desk: a simulated customer who leaves, and a review afterwards."""
