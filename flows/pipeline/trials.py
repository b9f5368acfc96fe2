"""Where trials lie in a home, and how what they leave is destroyed: by the trial itself, else by the next purge."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime

from flows.home.folders import Home, is_held
from flows.run.runs import destroy_workspace, list_runs, overwrite

FOLDER = "trials"


def destroy_trial(aside: Home) -> list[str]:
    """Overwrite and unlink a trial's workspaces and its copy of the store, unlink the rest; names what went.

    Its sealed copies are further names of the home's own, which are not overwritten.
    """
    now = datetime.now(UTC)
    for record in list_runs(aside):
        destroy_workspace(aside, record.run_id, at=now, why="trial", relations={})
    for path in sorted(path for path in aside.state.glob("*") if path.is_file()):
        overwrite(path)
    parts = sorted(path.name for path in aside.root.iterdir() if path.is_dir() and not path.is_symlink())
    shutil.rmtree(aside.root)
    if not any(aside.root.parent.iterdir()):
        aside.root.parent.rmdir()
    return [f"{FOLDER}/{aside.root.name}/{name}" for name in parts]


def destroy_left_trials(home: Home) -> list[str]:
    """Destroy what a trial left that was killed, and name it; one that is going on holds its lock."""
    folder = home.root / FOLDER
    left = [Home(path) for path in sorted(folder.iterdir())] if folder.is_dir() else []
    return [name for aside in left if not is_held(aside.lock) for name in destroy_trial(aside)]
