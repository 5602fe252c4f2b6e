"""
Log-probabilities of many continuations of one prompt: the prompt, video included, is encoded once, and the
continuations of a clip are read in one pass as a tree, in which a token sees the prompt and its own beginning only.
"""

import torch


class Prompts:
    """
    Prompts of a batch, read and kept in the model's cache.

    Args:
        model: A video-language model with `generate`.
        batch (`dict[str, torch.Tensor]`): Of a [`~trainer.collator.ConversationCollator`] with `generate`, on the
            model's device, pixels as floats.
    """

    def __init__(self, model: torch.nn.Module, batch: dict[str, torch.Tensor]):
        self.model = model
        # One step of generation is how any model reads a prompt with all it keeps about positions.
        read = model.generate(
            **batch, max_new_tokens=1, do_sample=False, num_beams=1, return_dict_in_generate=True, output_logits=True
        )
        self.cache, self.mask = read.past_key_values, batch["attention_mask"].bool()
        self.first = read.logits[0].float().log_softmax(-1)
        # Of models that count pictures in three dimensions (Qwen-VL), where text goes on behind them.
        deltas = getattr(model.base_model, "rope_deltas", None)
        self.shift = 0 if deltas is None else deltas.reshape(-1, 1)

    def keep(self, indices: list[int]) -> None:
        """Go on with these prompts only, given by index, ascending; the others' part of the cache is freed."""
        if len(indices) == len(self.mask):
            return
        chosen = torch.tensor(indices, dtype=torch.int64, device=self.mask.device)
        self.cache.batch_select_indices(chosen)
        self.mask, self.first = self.mask[chosen], self.first[chosen]
        if isinstance(self.shift, torch.Tensor):
            self.shift = self.shift[chosen]

    @torch.no_grad()
    def log_probabilities(self, continuations: list[list[tuple[int, ...]]]) -> list[list[float]]:
        """
        Log-probability of every continuation of every prompt.

        Args:
            continuations (`list[list[tuple[int, ...]]]`):
                For every prompt, token ids of its continuations; none is empty.

        Returns:
            `list[list[float]]`: For each the sum over its tokens, natural logarithm.
        """
        trees = [_Tree(sequences) for sequences in continuations]
        size = max(len(tree.tokens) for tree in trees)
        device = self.mask.device
        tokens = torch.zeros(len(trees), size, dtype=torch.int64)
        depths = torch.zeros(len(trees), size, dtype=torch.int64)
        sees = torch.eye(size, dtype=torch.bool).repeat(len(trees), 1, 1)  # padding sees itself: no row may be empty
        for index, tree in enumerate(trees):
            count = len(tree.tokens)
            tokens[index, :count] = torch.tensor(tree.tokens)
            depths[index, :count] = torch.tensor(tree.depths)
            sees[index, :count, :count] = tree.ancestors()
        prompt = self.mask[:, None].expand(-1, size, -1)
        visible = torch.cat([prompt, sees.to(device)], -1)[:, None]
        dtype = self.model.dtype
        mask = torch.zeros(visible.shape, dtype=dtype, device=device).masked_fill_(~visible, torch.finfo(dtype).min)
        positions = self.mask.sum(1, keepdim=True) + depths.to(device) + self.shift
        if isinstance(self.shift, torch.Tensor):
            positions = positions.expand(3, -1, -1)
        logits = self.model(
            input_ids=tokens.to(device),
            attention_mask=mask,
            position_ids=positions,
            past_key_values=self.cache,
            use_cache=True,
        ).logits
        self.cache.crop(-size)
        return [self._sums(index, tree, logits[index]) for index, tree in enumerate(trees)]

    def _sums(self, index: int, tree: "_Tree", logits: torch.Tensor) -> list[float]:
        """Log-probabilities of the ends of a tree's sequences."""
        count = len(tree.tokens)
        tokens = torch.tensor(tree.tokens, dtype=torch.int64, device=logits.device)
        parents = torch.tensor(tree.parents, dtype=torch.int64, device=logits.device)
        inner = parents >= 0
        of_parent = logits[:count].float()
        steps = self.first[index][tokens].double()
        after = of_parent[parents[inner]]
        chosen = after.gather(1, tokens[inner, None])[:, 0] - torch.logsumexp(of_parent, -1)[parents[inner]]
        steps[inner] = chosen.double()
        steps, sums = steps.tolist(), []
        for step, parent in zip(steps, tree.parents, strict=True):  # parents come before their children
            sums.append(step + (sums[parent] if parent >= 0 else 0.0))
        return [sums[end] for end in tree.ends]


class _Tree:
    """Sequences with shared beginnings as nodes: one a token, parents before children."""

    def __init__(self, sequences: list[tuple[int, ...]]):
        self.tokens, self.parents, self.depths, self.ends = [], [], [], []
        nodes: dict[tuple[int, int], int] = {}
        for sequence in sequences:
            node = -1
            for depth, token in enumerate(sequence):
                key = (node, token)
                if key not in nodes:
                    nodes[key] = len(self.tokens)
                    self.tokens.append(token)
                    self.parents.append(node)
                    self.depths.append(depth)
                node = nodes[key]
            self.ends.append(node)

    def ancestors(self) -> torch.Tensor:
        """Which nodes a node sees: itself and those before it in its sequences; bool, shape `(N, N)`."""
        sees = torch.eye(len(self.tokens), dtype=torch.bool)
        for node, parent in enumerate(self.parents):
            if parent >= 0:
                sees[node] |= sees[parent]
        return sees
