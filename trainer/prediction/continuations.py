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
        self.first = read.logits[0]
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
        Log-probability of every continuation of every prompt, among its alternatives: where continuations part, a
        token is weighed against those of the others only, as in generation that may write nothing else.

        Args:
            continuations (`list[list[tuple[int, ...]]]`):
                For every prompt, token ids of its continuations; none is empty.

        Returns:
            `list[list[float]]`: For each the sum over its tokens, natural logarithm. Those that none is a beginning of
            another of add up to a probability of 1.
        """
        trees = [_Tree(sequences) for sequences in continuations]
        logits = self._read(trees) if any(tree.read for tree in trees) else None
        return [
            tree.sums(self.first[index], None if logits is None else logits[index]) for index, tree in enumerate(trees)
        ]

    def _read(self, trees: list["_Tree"]) -> torch.Tensor:
        """Logits behind the nodes where trees part, float, shape `(B, most such nodes, vocabulary)`."""
        size, device = max(len(tree.read) for tree in trees), self.mask.device
        tokens = torch.zeros(len(trees), size, dtype=torch.int64)
        depths = torch.zeros(len(trees), size, dtype=torch.int64)
        sees = torch.eye(size, dtype=torch.bool).repeat(len(trees), 1, 1)  # padding sees itself: no row may be empty
        for index, tree in enumerate(trees):
            if tree.read:
                count = len(tree.read)
                tokens[index, :count] = torch.tensor([tree.tokens[node] for node in tree.read])
                depths[index, :count] = torch.tensor([tree.depths[node] for node in tree.read])
                sees[index, :count, :count] = tree.ancestors()
        visible = torch.cat([self.mask[:, None].expand(-1, size, -1), sees.to(device)], -1)[:, None]
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
            logits_to_keep=torch.arange(max(tree.num_parting for tree in trees), device=device),
        ).logits
        self.cache.crop(-size)
        return logits


class _Tree:
    """Sequences with shared beginnings as nodes, one a token; node 0 is the prompt's end."""

    def __init__(self, sequences: list[tuple[int, ...]]):
        self.tokens, self.parents, self.depths, self.ends = [-1], [-1], [-1], []
        self.children: list[dict[int, int]] = [{}]  # node by token
        for sequence in sequences:
            node = 0
            for token in sequence:
                if token not in self.children[node]:
                    self.children[node][token] = len(self.tokens)
                    self.tokens.append(token)
                    self.parents.append(node)
                    self.depths.append(self.depths[node] + 1)
                    self.children.append({})
                node = self.children[node][token]
            self.ends.append(node)
        # What has to be read: nodes where the tree parts, and those on the way to them.
        parting = [node for node in range(1, len(self.tokens)) if len(self.children[node]) > 1]
        on_the_way = set()
        for node in parting:
            while (node := self.parents[node]) > 0 and node not in on_the_way:
                on_the_way.add(node)
        self.num_parting = len(parting)
        self.read = parting + sorted(on_the_way - set(parting))

    def ancestors(self) -> torch.Tensor:
        """Which of the nodes that are read sees which: itself and those before it; bool, shape `(N, N)`."""
        places = {node: place for place, node in enumerate(self.read)}
        sees = torch.eye(len(self.read), dtype=torch.bool)
        for node in sorted(self.read):  # parents come before their children
            if self.parents[node] > 0:
                sees[places[node]] |= sees[places[self.parents[node]]]
        return sees

    def sums(self, first: torch.Tensor, logits: torch.Tensor | None) -> list[float]:
        """
        Log-probabilities of the sequences.

        Args:
            first (`torch.Tensor`): Logits behind the prompt, shape `(vocabulary,)`.
            logits (`torch.Tensor`, *optional*): Those behind the first nodes of `read`, shape `(N, vocabulary)`.
        """
        steps = [0.0] * len(self.tokens)
        for place, node in enumerate([0, *self.read[: self.num_parting]]):
            children = self.children[node]
            if len(children) > 1:
                behind = first if node == 0 else logits[place - 1]
                ids = torch.tensor(list(children), dtype=torch.int64, device=behind.device)
                for child, step in zip(children.values(), behind[ids].double().log_softmax(0).tolist(), strict=True):
                    steps[child] = step
        for node in range(1, len(steps)):
            steps[node] += steps[self.parents[node]]
        return [steps[end] for end in self.ends]
