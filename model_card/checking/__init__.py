"""What can be wrong with a card, without the network: header, results, named files, text, links."""
