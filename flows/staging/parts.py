"""One package with its parts under the usual names, whatever names its writer gave them."""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from xml.sax.saxutils import quoteattr

from flows.staging.refusals import broken, too_large

_RELATION = re.compile(r"<(?:\w+:)?Relationship\b[^>]*>")
_MAIN, _RELATIONS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
_USUAL = {"sharedStrings": "xl/sharedStrings.xml", "styles": "xl/styles.xml"}


def with_usual_parts(data: bytes, where: str, most: int) -> bytes:
    """The package as it is where its workbook lies at the usual place, else a copy with the parts that are read there.

    A package's own relationships say which part is which (ECMA-376 part 2); names are compared without case, and `\\`
    counts as `/`. What is no workbook comes back as it is. Raises InputError where it is too large or damaged.
    """
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        entries = package.infolist()
        if _MAIN in {entry.filename for entry in entries}:
            return data
        if sum(entry.file_size for entry in entries) > most:
            raise too_large(most, where)
        places = {entry.filename.replace("\\", "/").lstrip("/").lower(): entry for entry in entries}
        if len(places) != len(entries):
            raise broken(where)
        main = next((target for kind, target, _ in _relations(package, places, "") if kind == "officeDocument"), "")
        if main not in places or b"sheets" not in package.read(places[main]):
            return data
        return _rewritten(package, places, main)


def _rewritten(package: zipfile.ZipFile, places: dict[str, zipfile.ZipInfo], main: str) -> bytes:
    lines = []
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as copy:
        copy.writestr("[Content_Types].xml", _TYPES)
        copy.writestr("_rels/.rels", _WRAPPED.format(_TO_MAIN))
        copy.writestr(_MAIN, package.read(places[main]))
        for at, (kind, target, tag) in enumerate(_relations(package, places, main), 1):
            usual = _USUAL.get(kind) or (
                f"xl/worksheets/sheet{at}.xml" if kind == "worksheet" else f"xl/other/{at}.xml"
            )
            if target in places:
                copy.writestr(usual, package.read(places[target]))
            lines.append(re.sub(r"""\sTarget\s*=\s*("[^"]*"|'[^']*')""", f" Target={quoteattr('/' + usual)}", tag))
        copy.writestr(_RELATIONS, _WRAPPED.format("".join(lines)))
    return out.getvalue()


_TYPES = (
    '<?xml version="1.0" encoding="UTF-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>'
)
_TO_MAIN = (
    '<Relationship Id="rId1" Target="xl/workbook.xml" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"/>'
)
_WRAPPED = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>'
)


def _relations(package: zipfile.ZipFile, places: dict[str, zipfile.ZipInfo], part: str) -> list[tuple[str, str, str]]:
    """Kind, place in the package and tag of each relationship of a part; of the package itself where it has no name."""
    folder, name = posixpath.split(part)
    entry = places.get(posixpath.join(folder, "_rels", f"{name}.rels"))
    if entry is None:
        return []
    result = []
    for tag in _RELATION.findall(package.read(entry).decode("utf-8", "replace")):
        kind, target = _attribute(tag, "Type").rsplit("/", 1)[-1], _attribute(tag, "Target").replace("\\", "/")
        place = posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
        result.append((kind, place.lower(), tag if tag.endswith("/>") else f"{tag[:-1]}/>"))
    return result


def _attribute(tag: str, name: str) -> str:
    match = re.search(rf"""\s{name}\s*=\s*["']([^"']*)["']""", tag)
    return match[1] if match else ""
