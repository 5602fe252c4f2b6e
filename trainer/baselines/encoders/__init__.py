"""What turns a clip into features: one file a system; each takes `(B, T, …)` and gives `(B, feature_size)`."""
