"""
Cards of finished runs, and everything to the Hub.

    python -m model_card RUN                    write the card and the pictures of a finished run
    python -m model_card check DIR …            find what is wrong with cards
    python -m model_card push RUN REPO          send a run's model with its card
    python -m model_card space REPO             send a page to try a model
    python -m model_card publish CONFIG.yaml    send data set, metrics, model and page, in one collection
"""

import argparse
import sys
from importlib import import_module

# What a single command needs is imported in it: a card needs nothing of the Hub, a check nothing of a model.
COMMANDS = {
    "check": ("model_card.check", "find what is wrong with cards"),
    "push": ("model_card.publishing.model", "send a run's model with its card"),
    "space": ("model_card.publishing.space", "send a page to try a model"),
    "publish": ("model_card.publishing.whole_set", "send data set, metrics, model and page, in one collection"),
}


def main(argv: list[str] | None = None) -> None:
    """
    Run the command line.

    Args:
        argv (`list[str]`, *optional*):
            Arguments without the program's name; those of the process by default.

    Raises:
        SystemExit: With one line on standard error and code 1, for what a user can mend.
    """
    argv = sys.argv[1:] if argv is None else argv
    try:
        if argv and argv[0] in COMMANDS:
            module, description = COMMANDS[argv[0]]
            command = import_module(module)
            parser = argparse.ArgumentParser(prog=f"python -m model_card {argv[0]}", description=f"{description}.")
            command.add_arguments(parser)
            command.run(parser.parse_args(argv[1:]))
        else:
            _write(argv)
    except (ValueError, OSError) as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit("interrupted; the same command goes on where it stopped")


def _write(argv: list[str]) -> None:
    from model_card.baseline_card import write_baseline_card
    from model_card.card import write_card
    from trainer.baselines.run_folder import is_baseline_run

    parser = argparse.ArgumentParser(
        prog="python -m model_card", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("run_dir", metavar="RUN", help="folder of the run, such as runs/demo")
    run_dir = parser.parse_args(argv).run_dir
    path = write_baseline_card(run_dir) if is_baseline_run(run_dir) else write_card(run_dir)
    print(f"wrote {path} and the pictures in {path.parent / 'figures'}")


if __name__ == "__main__":
    main()
