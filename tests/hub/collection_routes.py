"""Collections: lists of repositories under one title."""

import uuid

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from tests.hub.access import USER, HubError, has_token, parameter, require_own_namespace, require_token
from tests.hub.storage import now


def _slug(request: Request) -> str:
    return f"{parameter(request, 'user')}/{parameter(request, 'name')}"


def _collection_of(request: Request) -> dict:
    authorised, collection = has_token(request), request.app.state.collections.get(_slug(request))
    if collection is None or (collection["private"] and not authorised):
        raise HubError(404, "Collection not found")
    return collection


async def create(request: Request) -> JSONResponse:
    asked, collections = await request.json(), request.app.state.collections
    require_own_namespace(request, asked["namespace"])
    for slug, collection in collections.items():
        if collection["title"] == asked["title"]:
            return JSONResponse({"error": f"The collection {slug} exists already", "slug": slug}, 409)
    slug = f"{USER}/{asked['title'].lower().replace(' ', '-')}-{uuid.uuid4().hex[:24]}"
    collection = {"slug": slug, "title": asked["title"], "description": asked.get("description"), "items": []}
    collection |= {"owner": {"name": USER}, "private": asked["private"], "lastUpdated": now()}
    collections[slug] = collection | {"position": len(collections), "theme": "green", "upvotes": 0}
    return JSONResponse(collections[slug])


async def describe(request: Request) -> JSONResponse:
    return JSONResponse(_collection_of(request))


async def list_collections(request: Request) -> JSONResponse:
    authorised, collections = has_token(request), request.app.state.collections.values()
    shown = [collection for collection in collections if authorised or not collection["private"]]
    # The place in the list is the position.
    return JSONResponse([{key: c[key] for key in c if key != "position"} for c in shown])


async def delete(request: Request) -> JSONResponse:
    require_token(request)
    del request.app.state.collections[_collection_of(request)["slug"]]
    return JSONResponse({})


async def add_item(request: Request) -> JSONResponse:
    require_token(request)
    collection, asked = _collection_of(request), await request.json()
    repo_type, repo_id = asked["item"]["type"], asked["item"]["id"]
    if (repo_type, repo_id) not in request.app.state.storage.repositories:
        raise HubError(404, f"There is no {repo_type} {repo_id}")
    if any(item["id"] == repo_id and item["type"] == repo_type for item in collection["items"]):
        raise HubError(409, f"{repo_id} is in the collection already")
    item = {"_id": uuid.uuid4().hex[:24], "id": repo_id, "type": repo_type, "position": len(collection["items"])}
    collection["items"].append(item | {"note": {"text": asked["note"]} if "note" in asked else None})
    return JSONResponse(collection)


routes = [
    Route("/api/collections", create, methods=["POST"]),
    Route("/api/collections", list_collections),
    Route("/api/collections/{user}/{name}", describe),
    Route("/api/collections/{user}/{name}", delete, methods=["DELETE"]),
    Route("/api/collections/{user}/{name}/items", add_item, methods=["POST"]),
]
