"""What is held of one person, from where, and who saw it (PIPL 44–46): a page for them, letters to the senders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from flows.home.folders import Home, private_folder, write_private
from flows.home.keys import DistrictKey, load_key
from flows.home.settings import Settings, load_settings
from flows.home.store import Store, opened_store
from flows.landing.manifest import MANIFEST, load_manifest
from flows.ledger import show
from flows.ledger.keys_moved import merges, same_person
from flows.ledger.publish.read import kept_version, kept_versions
from reports.access_pages import PersonDisclosure, access_page, correction_page
from schemas.contracts import load_sources
from schemas.errors import SanzhaoError
from schemas.policy import load_policy
from schemas.provenance import Provenance
from schemas.store import Evidence, JudgementRow, LeadEvent, Objection

_OF_ALL = ("export", "export_identified", "exchange_export", "backup")
"""Acts that took every person of a version, this one too."""


@dataclass(frozen=True)
class Written:
    """The pages that were written: the person's own, and one per sender."""

    own: Path
    letters: tuple[Path, ...]


def access_report(home: Home, person_key: str, out: Path, *, by: str) -> Written:
    """Write the person's page and the letters into `out`; noted. Raises HomeError when the key is unknown."""
    settings, key = load_settings(home), load_key(home)
    result = show(home, person_key)
    now = datetime.now(UTC).replace(microsecond=0)
    sources = provenances(home, key, settings)
    titles = {name: contract.title for name, contract in load_sources(settings.sources).items()}
    with opened_store(home, settings.store_url) as store:
        keys = same_person(merges(store), result["row"]["person_key"])
        store.audit(key, now, by, "access_report", person_key=result["row"]["person_key"])
        counts, acts = _counts(home, store, keys), _acts(store, keys, result["row"])
    disclosure = PersonDisclosure(
        result, sources, titles, counts, acts, load_policy(settings.policy), settings.district, now.isoformat()
    )
    private_folder(out)
    own = out / f"个人信息查阅单-{result['row']['person_key']}.html"
    write_private(own, access_page(disclosure))
    senders = {row["source"] for row in result["row"]["evidence"] if row["role"] != "organisation"}
    letters = [_letter(disclosure, out, source) for source in sorted(senders)]
    return Written(own, tuple(letters))


def _letter(disclosure: PersonDisclosure, out: Path, source: str) -> Path:
    path = out / f"更正函-{disclosure.titles.get(source, source)}-{disclosure.person['row']['person_key']}.html"
    write_private(path, correction_page(disclosure, source))
    return path


def provenances(home: Home, key: DistrictKey, settings: Settings) -> Mapping[str, Provenance]:
    """Where each source comes from: by the newest night that had it, else by the configuration."""
    result = dict(settings.provenance)
    for path in sorted(home.landing.glob(f"*/*/{MANIFEST}"), key=lambda path: path.parent.name):
        try:
            result |= {source.name: source.provenance for source in load_manifest(path.parent, key).sources}
        except SanzhaoError:
            continue
    return result


def _counts(home: Home, store: Store, keys: set[str]) -> list[tuple[str, int]]:
    """Rows per kind of thing kept about the person."""
    versions = [
        kept_version(home, version).table("ledger")["person_key"].to_pylist() for version in kept_versions(home)
    ]
    counts = [("保留的一本账版本中有本人的", sum(bool(keys & set(column)) for column in versions))]
    result = store.finds_of(store.evidence_of(keys))
    counts.append(("与外区交换对到的记录（只有记号）", len(result)))
    with Session(store.engine) as session:
        for title, table in (
            ("识别用的记号（带密钥，不含原文）", Evidence),
            ("核查记录", LeadEvent),
            ("异议", Objection),
        ):
            query = select(func.count()).select_from(table).where(table.person_key.in_(sorted(keys)))
            counts.append((title, session.scalar(query) or 0))
        counts.append(
            ("全部人工判断（只有记号，不按人列）", session.scalar(select(func.count()).select_from(JudgementRow)) or 0)
        )
    return counts


def _acts(store: Store, keys: set[str], row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Who looked at the person by name of key, and who took the whole ledger since they stand in it."""
    since = row["first_seen"].isoformat()
    whole = [act for what in _OF_ALL for act in store.acts(what=what) if act["at"] >= since]
    return sorted([*store.acts(person_keys=keys), *whole], key=lambda act: act["seq"])
