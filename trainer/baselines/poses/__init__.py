"""Poses in space of any clip: joints that lie beside it, or ViTPose and a small lifting network."""
