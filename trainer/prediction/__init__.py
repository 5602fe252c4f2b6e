"""From clips to rows of predictions: what is answered, the three ways of answering, and what becomes of the answers."""
