"""Revisions, refusals and collections, seen by the real client."""

import pytest

from tests.hub import LocalHub, run_client


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    with LocalHub(tmp_path_factory.mktemp("hub")) as hub:
        yield hub


def test_commits_branches_tags_and_revisions(hub):
    script = """
    def write(text, branch="main", **options):
        operations = [CommitOperationAdd("data/a.txt", text.encode())]
        return api.create_commit("tester/steps", operations, commit_message=text, revision=branch, **options).oid

    def read(revision):
        return Path(hf_hub_download("tester/steps", "data/a.txt", revision=revision)).read_text()

    api.create_repo("tester/steps")
    first = write("one")
    api.create_tag("tester/steps", tag="v1.0")
    api.create_branch("tester/steps", branch="feat/x", revision="v1.0")
    write("two")
    write("three", branch="feat/x")
    stale = error_of(write, "four", parent_commit=first)
    api.create_commit("tester/steps", [CommitOperationDelete("data/")], commit_message="clear")
    refs = api.list_repo_refs("tester/steps")
    answer = {
        "read": [read("v1.0"), read("feat/x"), read(first)],
        "files": [api.list_repo_files("tester/steps"), api.list_repo_files("tester/steps", revision="feat/x")],
        "tree": [entry.path for entry in api.list_repo_tree("tester/steps", revision="v1.0")],
        "inside": [entry.path for entry in api.list_repo_tree("tester/steps", "data", revision="v1.0")],
        "refs": [[ref.name for ref in refs.branches], [ref.name for ref in refs.tags]],
        "titles": [commit.title for commit in api.list_repo_commits("tester/steps")],
        "exists": [api.file_exists("tester/steps", "data/a.txt", revision=r) for r in ("main", "v1.0", "v2.0")],
        "stale": stale.split(":")[0],
        "entry": error_of(hf_hub_download, "tester/steps", "data/a.txt").split(":")[0],
        "revision": error_of(hf_hub_download, "tester/steps", "data/a.txt", revision="v2.0").split(":")[0],
    }
    api.delete_repo("tester/steps")
    answer["deleted"] = [api.repo_exists("tester/steps"), error_of(api.delete_repo, "tester/steps").split(":")[0]]
    """
    assert run_client(hub.env, script) == {
        "read": ["one", "three", "one"],
        "files": [[".gitattributes"], [".gitattributes", "data/a.txt"]],
        "tree": [".gitattributes", "data"],
        "inside": ["data/a.txt"],
        "refs": [["main", "feat/x"], ["v1.0"]],
        "titles": ["clear", "two", "one", "initial commit"],
        "exists": [False, True, False],
        "stale": "HfHubHTTPError",
        "entry": "RemoteEntryNotFoundError",
        "revision": "RevisionNotFoundError",
        "deleted": [False, "RepositoryNotFoundError"],
    }


def test_the_hub_refuses_what_the_real_one_refuses(hub):
    script = """
    api.create_repo("tester/refused")
    def upload(path, text):
        return error_of(api.upload_file, path_or_fileobj=text.encode(), path_in_repo=path, repo_id="tester/refused")
    answer = [
        error_of(api.create_repo, "tester/refused"),
        error_of(api.create_repo, "someone/else"),
        upload("README.md", "---\\ntags: [a\\n---\\n"),
        upload("README.md", "---\\n- tags\\n---\\n"),
    ]
    """
    exists, foreign, card, no_mapping = run_client(hub.env, script)
    assert "409" in exists and "You already created this model repo" in exists
    assert "403 Forbidden: You don't have the rights to write under the namespace someone" in foreign
    assert card.startswith("ValueError: Invalid metadata in README.md.")
    assert no_mapping.endswith("- the metadata is not a mapping")
    assert list(hub.repository("model", "tester/refused").branches["main"].files) == [".gitattributes"]


def test_a_collection_holds_repositories(hub):
    script = """
    api.create_repo("tester/listed")
    collection = api.create_collection("Fitness AQA", private=True)
    again = api.create_collection("Fitness AQA", exists_ok=True)
    api.add_collection_item(collection.slug, "tester/listed", "model", note="clips")
    api.add_collection_item(collection.slug, "tester/listed", "model", exists_ok=True)
    items = api.get_collection(collection.slug).items
    answer = {
        "same": again.slug == collection.slug,
        "items": [(item.item_id, item.note) for item in items],
        "listed": [listed.title for listed in api.list_collections(owner="tester")],
        "twice": error_of(api.create_collection, "Fitness AQA"),
        "item twice": error_of(api.add_collection_item, collection.slug, "tester/listed", "model"),
        "no item": error_of(api.add_collection_item, collection.slug, "tester/no", "model"),
        "hidden": error_of(api.get_collection, collection.slug, token=False),
    }
    api.delete_collection(collection.slug)
    answer["deleted"] = error_of(api.get_collection, collection.slug)
    """
    answer = run_client(hub.env, script)
    assert answer["same"]
    assert answer["items"] == [["tester/listed", "clips"]]
    assert answer["listed"] == ["Fitness AQA"]
    assert "exists already" in answer["twice"]
    assert "tester/listed is in the collection already" in answer["item twice"]
    assert "There is no model tester/no" in answer["no item"]
    assert "Collection not found" in answer["hidden"]
    assert "Collection not found" in answer["deleted"]
