"""A client in a process of its own, since the clients read their settings at import."""

import json
import subprocess
import sys
import textwrap

PREAMBLE = """
import json, sys
from pathlib import Path
from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi, hf_hub_download, snapshot_download
api = HfApi()

def error_of(function, *arguments, **options):
    try:
        function(*arguments, **options)
    except Exception as error:
        return type(error).__name__ + ": " + " ".join(str(error).split())
"""


def run_client(env: dict[str, str], script: str, *arguments: object) -> object:
    """
    Run a script with `api`, the functions of `huggingface_hub` that tests use, and `error_of(function, …)`.

    Args:
        env (`dict[str, str]`):
            `LocalHub.env` or a result of `LocalHub.new_env`.
        script (`str`):
            Python statements that leave something that JSON can hold in `answer`. They may be indented.
        arguments:
            For `sys.argv[1:]`, as text.

    Returns:
        What is in `answer` at the end.

    Raises:
        AssertionError: If the script fails, with what it wrote to standard error.
    """
    program = f"{PREAMBLE}\n{textwrap.dedent(script)}\nprint(json.dumps(answer))"
    command = [sys.executable, "-c", program, *map(str, arguments)]
    process = subprocess.run(command, env=env, capture_output=True, text=True)
    assert process.returncode == 0, process.stderr
    return json.loads(process.stdout.splitlines()[-1])
