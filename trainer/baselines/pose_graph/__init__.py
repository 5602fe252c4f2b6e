"""GYMetricPose's network (Gallardo et al., CBMS 2024): a graph over joints and frames and its angles."""
