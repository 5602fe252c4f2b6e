"""A page about runs of `trainer.predict`: scores with their controls, or feedback on a user's own videos."""
