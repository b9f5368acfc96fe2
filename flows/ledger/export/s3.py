"""The current version under a prefix of an S3-compatible store: its files first, the index last, as the commit."""

from __future__ import annotations

import re

import s3fs
from aiohttp import ClientError as AioClientError
from botocore.exceptions import BotoCoreError, ClientError

from flows.connectors.secrets import read_secret
from flows.ledger.publish.read import Published
from schemas.connectors import S3Connector
from schemas.errors import HomeError
from schemas.rules import Rule

_NAME = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{4}")


def put_s3(version: Published, target: S3Connector, name: str) -> dict[str, int]:
    """Bytes per object put. Version folders never change under their name; an object appears whole or not at all.

    A reader takes `index.json`, then the files it names under `versions/<version>/`: whatever is being uploaded
    meanwhile, those are whole. Raises HomeError when the store says no; the old index then still stands.
    """
    secret = read_secret(target, name)
    seconds = target.timeout_seconds
    system = s3fs.S3FileSystem(
        key=target.access_key,
        secret=secret.reveal() if secret else None,
        endpoint_url=target.endpoint_url,
        client_kwargs={"region_name": target.region},
        config_kwargs={"connect_timeout": seconds, "read_timeout": seconds, "s3": {"addressing_style": "path"}},
        skip_instance_cache=True,
        use_listings_cache=False,
    )
    root = "/".join(part for part in (target.bucket, target.prefix.strip("/")) if part)
    files = {path.name: path.read_bytes() for path in sorted(version.folder.iterdir())}
    wanted = {f"versions/{version.version}/{file}": data for file, data in files.items() if file != "index.json"}
    wanted[f"versions/{version.version}/index.json"] = files["index.json"]
    wanted["ledger.parquet"] = files["ledger.parquet"]
    wanted["index.json"] = files["index.json"]
    try:
        for place, data in wanted.items():
            system.pipe_file(f"{root}/{place}", data)
        _tidy(system, root, version)
    except (OSError, BotoCoreError, ClientError, AioClientError) as error:
        raise HomeError(
            f"导出未成：{type(error).__name__}；原有版本未动",
            where=f"targets.{name}",
            rule=Rule.EXPORT_REFUSED,
            action="核对地址、桶与口令",
        ) from None
    return {place: len(data) for place, data in wanted.items()}


def _tidy(system: s3fs.S3FileSystem, root: str, version: Published) -> None:
    """Older versions there as they are here: rewritten where somebody was erased, deleted where their term is over."""
    for place in sorted(system.ls(f"{root}/versions", detail=False)):
        name = place.rsplit("/", 1)[-1]
        mine = version.folder.parent / name
        if name == version.version or not _NAME.fullmatch(name):
            continue
        if not mine.is_dir():
            system.rm(place, recursive=True)
        elif system.cat_file(f"{place}/index.json") != (mine / "index.json").read_bytes():
            for path in sorted(mine.iterdir(), key=lambda path: path.name == "index.json"):
                system.pipe_file(f"{place}/{path.name}", path.read_bytes())
