"""From clips to rows of predictions: what is answered, the three ways of answering, what becomes of the answers."""
