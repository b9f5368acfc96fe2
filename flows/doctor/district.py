"""What the district's own things are like: configuration, key, store, schedule, last version, runs, notices."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import text

from flows.doctor.finding import Finding, bad, good, warning
from flows.home.folders import Home
from flows.home.keys import DistrictKey
from flows.home.settings import Settings, model_of
from flows.home.store import Store, opened_store
from flows.ledger import verify
from flows.ledger.audit_log import examined
from flows.ledger.publish.behind import behind
from flows.ledger.publish.read import current_version
from flows.nightly.schedule import last_due, next_due
from flows.run.runs import last_unfinished, list_runs, run_is_going
from flows.serve.running import service_is_running
from reports.words import RUN_STEPS
from schemas.errors import SanzhaoError
from schemas.nights import ZONE

_OLD_VERSION = timedelta(days=3)


def drop_folder(home: Home, settings: Settings) -> Finding:
    """Where files are looked for."""
    drop = settings.drop or home.root / "drop"
    if drop.is_dir():
        sources = sum(path.is_dir() for path in drop.iterdir())
        return good("投递", f"{drop}，{sources} 个来源；连接器 {len(settings.connectors)} 个")
    if settings.connectors:
        return good("投递", f"没有投递文件夹；连接器 {len(settings.connectors)} 个")
    return warning("投递", f"没有 {drop}", "建立投递文件夹，或改配置 drop，或配置连接器")


def linkage_model(settings: Settings) -> Finding:
    """The model of every night can be read; keys that it has under older names are named."""
    model = model_of(settings)
    return good("比对模型", model.renamed_keys_line or f"{model.name} {model.version}")


def key_of_ledger(home: Home, key: DistrictKey) -> Finding:
    """The key that is there signed the ledger that is there."""
    try:
        current = current_version(home, key)
    except SanzhaoError as error:
        return bad("密钥", f"编号 {key.key_id}，{error.message}", "找回原来的密钥文件；SANZHAO_KEY_FILE 指对了吗")
    return good("密钥", f"编号 {key.key_id}" + ("，与一本账相符" if current else "，还没有一本账"))


def store(home: Home, settings: Settings, key: DistrictKey) -> list[Finding]:
    """The store opens, is whole, and its audit chain holds; notices that never went out."""
    try:
        with opened_store(home, settings.store_url) as result:
            return [_database(result), _audit(home, result, key), _notices(result, settings)]
    except SanzhaoError as error:
        return [bad("状态库", error.message, error.action or "从备份恢复")]


def _database(result: Store) -> Finding:
    kind = result.engine.dialect.name
    if kind == "sqlite":
        with result.engine.connect() as connection:
            answer = str(connection.execute(text("pragma quick_check")).scalar_one())
        if answer != "ok":
            return bad("状态库", "SQLite 文件已损坏", "停止运行，从备份恢复（sanzhao restore）")
    return good("状态库", "SQLite（本机）" if kind == "sqlite" else "PostgreSQL")


def _audit(home: Home, result: Store, key: DistrictKey) -> Finding:
    audited = examined(home, key, result)
    if audited.problems:
        return bad("审计日志", audited.problems[0], "保留现场，报告管理员；sanzhao audit verify 看全部")
    anchor = f"，版本 {audited.anchored_by} 锚定到第 {audited.anchored_at} 条" if audited.anchored_by else ""
    return good("审计日志", f"{audited.acts} 条，链条完整{anchor}")


def _notices(result: Store, settings: Settings) -> Finding:
    channels = [name for name in ("email", "webhook") if getattr(settings.notices, name)]
    if not channels:
        return warning("通知", "没有配置，夜里失败不会有人知道", "在配置 [notices.email] 或 [notices.webhook] 里填写")
    lost = result.untold()
    if lost:
        return warning(
            "通知", f"{lost} 条多次发不出去", "核对邮件或 webhook 的地址、口令；看 logs 里 event 为 notice 的行"
        )
    return good("通知", "、".join(channels))


def schedule(home: Home, settings: Settings, now: datetime) -> Finding:
    """The service is up, and the last night that was due took place."""
    due, coming = last_due(settings.night.cron, now), next_due(settings.night.cron, now)
    when = coming.astimezone(ZoneInfo(ZONE)).strftime("%m-%d %H:%M")
    if not service_is_running(home):
        return warning("排期", "服务没有在运行", "systemctl start sanzhao-serve，或运行 sanzhao serve")
    runs = list_runs(home)
    if runs and max(run.started_at for run in runs) < due - timedelta(minutes=5):
        return warning("排期", f"{due:%m-%d %H:%M} 那一晚没有运行", "看 sanzhao status；会自动补做一次")
    return good("排期", f"服务在运行，下一晚 {when}")


def last_version(home: Home, settings: Settings, key: DistrictKey, now: datetime) -> Finding:
    """The ledger that stands is whole, the newest that was published, and not too old."""
    older = behind(home, settings.store_url)
    if older is not None:
        return bad("一本账", older.message, older.action or "")
    current = current_version(home)
    if current is None:
        return warning("一本账", "还没有发布过", "运行 sanzhao run")
    problems = verify(home, key, store_url=settings.store_url)
    if problems:
        return bad("一本账", problems[0], "运行 sanzhao ledger verify 看全部；从备份恢复 ledger 文件夹")
    done = [run for run in list_runs(home) if run.version == current.version]
    result = f"{current.version}（数据日期 {current.index['as_of']}），各版核验无误"
    if done and now - done[-1].started_at > _OLD_VERSION:
        return warning("一本账", f"{result}，已有 {(now - done[-1].started_at).days} 天", "看最近几晚为什么没有发布")
    return good("一本账", result)


def runs(home: Home) -> Finding:
    """How the last run ended."""
    if run_is_going(home):
        return good("运行", "正在进行")
    unfinished, finished = last_unfinished(home), list_runs(home)
    if unfinished:
        step = RUN_STEPS.get(unfinished.failed_step or "", "中途")
        return warning("运行", f"{unfinished.run_id} 停在 {step}", "sanzhao run --resume 接着做")
    if finished and finished[-1].state == "refused":
        return warning("运行", f"最近一次被拒绝（{finished[-1].rule}）", finished[-1].message or "看 sanzhao status")
    return good("运行", f"最近一次 {finished[-1].run_id} 完成" if finished else "还没有运行过")
