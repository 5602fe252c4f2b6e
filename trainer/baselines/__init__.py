"""The systems that the paper compares with, trained on the same rows and scored by the same metric; see README.md."""
