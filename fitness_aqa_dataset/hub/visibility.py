"""Who may see what is sent: clips of a real release are for those who were given them."""

from huggingface_hub import HfApi

from .calls import find_repository
from .options import RIGHT_FLAG
from .parcel import Parcel

TERMS = "the clips and images of a real release are given on request, for non-commercial use"


def require_right(what: str | None, why: str, right_to_publish: bool) -> None:
    """
    Raise where clips of a real release would be shown to everyone.

    Args:
        what (`str`, *optional*):
            Where they are; `None`: there are none.
        why (`str`):
            What makes the question come up.
        right_to_publish (`bool`):
            Whether the user has said to have the right.

    Raises:
        ValueError: If there are such clips and `right_to_publish` is not set.
    """
    if what is not None and not right_to_publish:
        raise ValueError(f"{what}: {TERMS}; {why}, add {RIGHT_FLAG} if you have it")


def check_visibility(api: HfApi, parcel: Parcel, public: bool, right_to_publish: bool) -> bool:
    """
    Whether a parcel may go where it is to go.

    Args:
        api (`HfApi`):
            The client.
        parcel ([`Parcel`]):
            What goes where.
        public, right_to_publish (`bool`):
            What the user has said.

    Returns:
        `bool`: Whether the repository is still to be made.

    Raises:
        ValueError: If everyone sees it and should not, or the other way round.
        ConnectionError: If the Hub does not answer.
    """
    repo_id = parcel.repo_id
    if public:
        require_right(parcel.shows_people, "to make them public", right_to_publish)
    repository = find_repository(api, repo_id, parcel.repo_type)
    if repository is None:
        return True
    if not repository.private:
        require_right(parcel.shows_people, f"as {repo_id} is public", right_to_publish)
        if not public:
            raise ValueError(f"{repo_id}: is public; add --public to send to it, or name another repository")
    elif public:
        raise ValueError(
            f"{repo_id}: is private, and its history would be seen too if it became public; "
            "leave out --public, or name a new repository"
        )
    return False
