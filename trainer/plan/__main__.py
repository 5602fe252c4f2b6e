"""
Tell what a training needs before it is launched: tokens, memory under every file, FLOPs, traffic, time.

    python -m trainer.plan --config trainer/recipes/paper_dynamic_step.yaml --num_processes 4 --gpu_memory_gb 64
"""

import json
import sys

from .figures import draw_memory, draw_scaling
from .plan import Planner, make_plan
from .report import format_plan
from .scaling import format_scaling, simulate
from .settings import read_settings


def main(argv: list[str]) -> None:
    """Plan, print, and write plan.json and the pictures where a folder is given."""
    planner = Planner(*read_settings(argv))
    plan = make_plan(planner)
    print(format_plan(plan))
    if planner.question.scaling:
        plan["scaling"] = simulate(planner)
        print(f"\n{format_scaling(plan['scaling'])}")
    output_dir = planner.question.output_dir
    if output_dir is not None:
        output_dir.mkdir(parents=True, exist_ok=True)
        (output_dir / "plan.json").write_text(json.dumps(plan, indent=2) + "\n")
        draw_memory(plan, output_dir / "memory.png")
        if planner.question.scaling:
            draw_scaling(plan["scaling"], output_dir / "scaling.png")


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except (ValueError, OSError) as error:
        sys.exit(f"error: {error}")
