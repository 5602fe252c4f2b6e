"""What a training needs, told before it is launched: tokens, memory, FLOPs, bytes sent and time, from fake tensors."""
