"""A small Hub on this machine, for tests that push and load with the real clients.

    with LocalHub(tmp_path / "hub") as hub:
        run_client(hub.env, "answer = str(api.create_repo('tester/clips', repo_type='dataset', private=True))")
        subprocess.run([sys.executable, "-m", "…"], env=hub.env, check=True)
        assert hub.repository("dataset", "tester/clips").private

Known differences from the Hub: a file goes to large file storage if it is binary or over 10 MB, whatever
`.gitattributes` says; there is no Xet storage and there are no pull requests; every object is stored once for all
repositories.
"""

from tests.hub.client import run_client
from tests.hub.server import LocalHub

__all__ = ["LocalHub", "run_client"]
