"""What MD and CVCSPC learn before they see a label: triplets of unlabelled clips, and the loss that orders them."""
