"""How the tiny base checkpoint of the demo is made: `python -m trainer.demo_base`."""
