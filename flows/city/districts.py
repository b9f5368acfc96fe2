"""One entry per district of a city: the sub-folders of a folder that are homes, and why one of them is not served."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from flows.home.folders import Home
from flows.home.keys import parse_key
from flows.home.settings import Settings, load_settings
from schemas.errors import HomeError, SanzhaoError
from schemas.rules import Rule


@dataclass(frozen=True)
class CityHome:
    """One home of a city."""

    home: Home
    key_file: Path
    settings: Settings | None = None
    """Null where they cannot be read."""
    key_id: str = ""
    trouble: str = ""
    """Why it is not served: one Chinese sentence, without a person's data; empty where nothing is the matter."""

    @property
    def folder(self) -> str:
        return self.home.root.name

    @property
    def name(self) -> str:
        """What the district is called; its folder where its configuration cannot be read."""
        return self.settings.district if self.settings else self.folder

    @property
    def ports(self) -> tuple[int, ...]:
        """Where its service listens."""
        if self.settings is None:
            return ()
        serve = self.settings.serve
        return (serve.port, serve.review_port) if serve.review else (serve.port,)


def districts_of(root: Path, keys: Path | None = None, taken: tuple[int, ...] = ()) -> list[CityHome]:
    """The districts of a city in the order of their folders; ports taken already are nobody's.

    A district's key is `KEYS/<folder>.key`, else `H/keys/district.key`: never one for two districts, or what one
    publishes could be joined to the other's. Raises HomeError where there is no home at all.
    """
    result = [_district(path, keys) for path in _homes_in(root)]
    if not result:
        raise HomeError(
            "这个文件夹里没有一个区的数据文件夹", where=str(root), rule=Rule.NO_HOME,
            action="每个区一个子文件夹，各运行一次 sanzhao init --home 城市文件夹/区",
        )  # fmt: skip
    return list(_apart(result, taken))


def _homes_in(root: Path) -> list[Path]:
    if not root.is_dir():
        return []
    return sorted(path for path in root.iterdir() if not path.name.startswith(".") and (path / "config.toml").is_file())


def _district(path: Path, keys: Path | None) -> CityHome:
    home = Home(path)
    file = keys / f"{path.name}.key" if keys else home.keys / "district.key"
    try:
        settings = load_settings(home)
    except SanzhaoError as error:
        return CityHome(home, file, trouble=_error_text(error))
    try:
        return CityHome(home, file, settings, parse_key(file.read_bytes(), file).key_id)
    except OSError as error:
        return CityHome(home, file, settings, trouble=f"读不到区级密钥 {file.name}：{error.strerror}")
    except SanzhaoError as error:
        return CityHome(home, file, settings, trouble=_error_text(error))


def _error_text(error: SanzhaoError) -> str:
    return f"{error.message}{f'。{error.action}' if error.action else ''}"


def _apart(result: list[CityHome], taken: tuple[int, ...]) -> Iterator[CityHome]:
    """The same districts, those in trouble that have another's key or port."""
    ports = dict.fromkeys(taken, "全市汇总页")
    keys: dict[str, str] = {}
    for entry in result:
        trouble = entry.trouble or _shared(entry, ports, keys)
        if not trouble and entry.name in keys.values():
            trouble = f"区名和另一区一样：改 {entry.folder}/config.toml 里的 district"
        if not trouble:
            ports |= dict.fromkeys(entry.ports, entry.name)
            keys[entry.key_id] = entry.name
        yield CityHome(entry.home, entry.key_file, entry.settings, entry.key_id, trouble)


def _shared(home: CityHome, ports: dict[int, str], keys: dict[str, str]) -> str:
    if home.key_id in keys:
        return f"区级密钥和{keys[home.key_id]}是同一把。各区各用自己的密钥：重新 sanzhao init，不要复制别区的文件夹"
    port = next((port for port in home.ports if port in ports), None)
    if port is not None:
        return f"端口 {port} 和{ports[port]}重了。改 {home.folder}/config.toml 里 [serve] 的 port、review_port"
    return ""
