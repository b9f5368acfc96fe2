"""The commands, wired."""

from __future__ import annotations

from flows.cli import (
    audit,
    backup,
    doctor,
    evaluate,
    explain,
    keys,
    ledger,
    linking,
    returns,
    review,
    run,
    sample,
    serve,
    sources,
    tasks,
)
from flows.cli.commands import Commands

app = Commands(help="三找：把各部门导出的人员数据与党员名册比对，成一本账。")
app.command("init")(run.init)
app.command("run")(run.run)
app.command("status")(run.status)
app.command("serve")(serve.serve)
app.command("doctor")(doctor.doctor)
app.command("backup")(backup.backup)
app.command("restore")(backup.restore)
app.command("link")(linking.link)
app.command("dedupe")(linking.dedupe)
app.command("train")(linking.train)
app.command("purge")(returns.purge)
app.command("sample")(sample.sample)
app.command("explain")(explain.explain)
app.command("review")(review.review)
app.command("evaluate")(evaluate.evaluate)
app.add_typer(ledger.app, name="ledger")
app.add_typer(sources.app, name="sources")
app.add_typer(tasks.app, name="tasks")
app.add_typer(audit.app, name="audit")
app.add_typer(keys.app, name="keys")
