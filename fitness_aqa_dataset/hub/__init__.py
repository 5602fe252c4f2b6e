"""Sending files to the Hub: what may not be sent, what is shown and asked first, one commit, a tag."""
