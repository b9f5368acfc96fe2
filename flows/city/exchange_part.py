"""`python -m flows.city.exchange_part export|import HOME FILE`: one district's part of an exchange of its city.

The agreement comes on standard input. Trouble is one line of JSON on standard error, without a person's data.
"""

from __future__ import annotations

import json
import os
import sys
from getpass import getuser
from pathlib import Path

from flows.exchange.agreement import ExchangeAgreement
from flows.exchange.export import ExchangeSender, exported
from flows.exchange.importing import imported
from flows.home.folders import Home
from flows.home.runlog import log_crash
from flows.review.office import Office, plain_text
from schemas.errors import InputError, SanzhaoError
from schemas.rules import Rule


def take_part(what: str, home: Home, path: Path, agreement: ExchangeAgreement) -> None:
    """Export to a file, or take a result in. Raises InputError where its configuration does not name the other."""
    office = Office.open(home)
    try:
        standing = office.settings.city
        if agreement.other(office.district) not in standing.exchange_with:
            raise InputError(
                "本区没有和对方约定互找",
                rule=Rule.EXCHANGE_OTHER,
                action="在 config.toml 的 [city] exchange_with 写上对方",
            )
        why = f"常设约定 {standing.approval_no}"
        if what == "export":
            contact = plain_text(standing.contact, "[city] contact", least=2)
            exported(office, agreement, ExchangeSender(getuser(), why, contact), path)
        else:
            imported(office, agreement, (getuser(), why), path)
    finally:
        office.close()


def main(words: list[str]) -> int:
    """Exit code 0, or 1 with the trouble."""
    os.umask(0o077)
    what, home, path = words[0], Home(Path(words[1])), Path(words[2])
    try:
        take_part(what, home, path, ExchangeAgreement.model_validate_json(sys.stdin.read()))
    except SanzhaoError as error:
        trouble = f"{error.message}{f'。{error.action}' if error.action else ''}"
    except Exception as error:
        log_crash(home, error, command="exchange")
        trouble = "中途停下，见该区 logs"
    else:
        return 0
    print(json.dumps({"trouble": trouble}, ensure_ascii=False), file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
