"""What one step allocates, computes and sends: a dispatch mode that watches every operation of it, fake or real."""

import weakref
from collections import Counter
from collections.abc import Iterable

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import flop_registry

aten = torch.ops.aten
ATTENTION = {  # position of the query, of is_causal, matrix products (the backward pass computes the scores again)
    aten._scaled_dot_product_flash_attention_for_cpu: (0, 4, 2),
    aten._scaled_dot_product_flash_attention_for_cpu_backward: (1, 7, 5),
}
COLLECTIVES = {"_allgather_base_": "all-gather", "_reduce_scatter_base_": "reduce-scatter", "allreduce_": "all-reduce"}


class StepTracker(TorchDispatchMode):
    """
    Log every storage that comes and goes, with the part of the model that was at work; count FLOPs and collectives.

    Attributes:
        part (`str`): Part of the model at work, set by hooks, see `fake_step`.
        flops (`Counter`): Floating-point operations by part; attention itself under `attention`.
        collectives (`list[tuple[str, int]]`): Name and bytes of the whole (gathered, unreduced) tensor, in order.
        saved (`Counter`): Bytes by part between forward and backward.
        kept (`Counter`): Bytes by part after the backward pass.
    """

    def __init__(self):
        super().__init__()
        self.part = "inputs"
        self.flops, self.collectives, self.saved, self.kept = Counter(), [], Counter(), Counter()
        self._events: list[tuple[int, int]] = []  # storage's number, bytes that came (or went, negative)
        self._parts: dict[int, str] = {}
        self._live: dict[int, tuple[int, int]] = {}  # storage's address: its number, its bytes

    def watch(self, tensors: Iterable[torch.Tensor], part: str) -> None:
        """Count tensors under `part`: those made before, such as parameters, and those whose role shows later."""
        for tensor in tensors:
            self._parts[self._track(_local(tensor))] = part

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        packet = func._overloadpacket
        if packet in ATTENTION:
            self.flops["attention"] += _attention_flops(packet, args, kwargs)
        elif packet in flop_registry:
            self.flops[self.part] += flop_registry[packet](*args, **(kwargs or {}), out_val=out)
        for tensor in tree_leaves(out):
            if isinstance(tensor, torch.Tensor):
                self._track(_local(tensor))
        if func.namespace == "c10d":
            self._log_collective(packet.__name__, args)
        elif func.namespace == "fsdp":  # copies into and out of the gathered buffers
            self.watch((leaf for leaf in tree_leaves((args, kwargs, out)) if _is_new(leaf, self)), "communication")
        return out

    def __enter__(self):
        # FSDP2 frees and refills gathered parameters by resizing their storages, which no operation shows.
        self._resize = torch.UntypedStorage.resize_
        tracker = self

        def resize(storage, size):
            result = tracker._resize(storage, size)
            if storage._cdata in tracker._live:
                number, before = tracker._live[storage._cdata]
                tracker._live[storage._cdata] = (number, size)
                tracker._events.append((number, size - before))
            return result

        torch.UntypedStorage.resize_ = resize
        return super().__enter__()

    def __exit__(self, *error):
        torch.UntypedStorage.resize_ = self._resize
        return super().__exit__(*error)

    def peak(self, weights: dict[str, float] | None = None) -> tuple[int, dict[str, int]]:
        """
        The fullest moment.

        Args:
            weights (`dict[str, float]`, *optional*): Factors on the bytes of parts, 0 for what lies on the host.

        Returns:
            `tuple[int, dict[str, int]]`: Peak in bytes, and bytes by part at that moment.
        """
        weights, now, total, peak, at_peak = weights or {}, Counter(), 0.0, -1.0, {}
        for number, change in self._events:
            part = self._parts[number]
            change *= weights.get(part, 1)
            now[part] += change
            total += change
            if total > peak:
                peak, at_peak = total, dict(now)
        return round(peak), {part: round(size) for part, size in at_peak.items()}

    def live(self) -> Counter:
        """Bytes by part now."""
        sizes = Counter()
        for number, size in self._live.values():
            sizes[self._parts[number]] += size
        return sizes

    def _track(self, tensor: torch.Tensor) -> int:
        storage = tensor.untyped_storage()
        if storage._cdata not in self._live:
            number, size = len(self._parts), storage.nbytes()
            self._parts[number] = self.part
            self._live[storage._cdata] = (number, size)
            self._events.append((number, size))
            weakref.finalize(storage, self._freed, storage._cdata).atexit = False
        return self._live[storage._cdata][0]

    def _freed(self, address: int) -> None:
        number, size = self._live.pop(address)
        self._events.append((number, -size))

    def _log_collective(self, name: str, args: tuple) -> None:
        tensors = [leaf for leaf in tree_leaves(args) if isinstance(leaf, torch.Tensor)]
        if name in COLLECTIVES:
            self.collectives.append((COLLECTIVES[name], max(tensor.nbytes for tensor in tensors)))
        self.watch((tensor for tensor in tensors if _is_new(tensor, self)), "communication")


def _is_new(leaf, tracker: StepTracker) -> bool:
    """Whether a tensor was made during the step; a shard of a parameter is no buffer."""
    if not isinstance(leaf, torch.Tensor):
        return False
    known = tracker._live.get(_local(leaf).untyped_storage()._cdata)
    return known is None or tracker._parts[known[0]] not in ("parameters", "frozen parameters")


def _local(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.to_local() if hasattr(tensor, "to_local") else tensor


def _attention_flops(packet, args: tuple, kwargs: dict | None) -> int:
    """A causal kernel skips what lies above the diagonal, half of the products."""
    first, causal_at, products = ATTENTION[packet]
    (batch, heads, rows, width), columns = args[first].shape, args[first + 1].shape[2]
    default = args[causal_at] if len(args) > causal_at else False
    causal = (kwargs or {}).get("is_causal", default)
    return products * 2 * batch * heads * rows * columns * width // (2 if causal else 1)
