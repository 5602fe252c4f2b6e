"""Model cards, tables and figures, made from the files a finished run has left and from nothing else."""
