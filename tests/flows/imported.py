"""Everything a run imports, so that forked commands begin with it. Nothing of Prefect, which starts threads."""

from __future__ import annotations

import altair
import pandas
import vl_convert

import flows.cli.app
import flows.pipeline.driver
import flows.pipeline.reporting
import flows.pipeline.steps
import reports.link_quality.page
import reports.situation.circulation
import reports.situation.page
import reports.workbook.sheets

__all__ = ["altair", "flows", "pandas", "reports", "vl_convert"]
