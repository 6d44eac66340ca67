"""The archive on GCS, on an emulator: what lies there is what would lie on disk, whatever happens to an upload."""

from collections import Counter

import pytest
from apache_beam.internal.gcp import auth

from gamebeam.loadgen.generate import generate
from gamebeam.pipeline.cli.__main__ import main
from gamebeam.sql.engine import ask, open_archive
from gamebeam.sql.views import view_sql
from services.gcs import door, gcs_emulator
from tests.pipeline.test_streaming import HOUR, MINUTE, T, match, purchase
from tests.support.small_contract import small_contract
from tests.support.streams import Advance, Sent, run_stream

pytestmark = pytest.mark.engine
SMALL = small_contract()


@pytest.fixture(scope="module")
def emulator(tmp_path_factory):
    """(its address, the folder in which the bucket `lake` lies)."""
    folder = tmp_path_factory.mktemp("gcs")
    with gcs_emulator(folder, "lake") as address:
        yield address, folder / ".cloudstorage" / "lake"


@pytest.fixture
def uploads(emulator, monkeypatch):
    """Statuses by the number of the upload that gets them: {30: 503}. 1 hangs up."""
    failing, count = {}, Counter()

    def fails(method, path, body):
        count[method] += 1
        return failing.pop(count[method], 0) if method == "PUT" else 0

    monkeypatch.setattr(auth._Credentials, "_credentials_init", True)  # or Beam looks for some for 20 s
    with door(emulator[0], fails) as address:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", address)
        yield failing


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    """(source, contract's folder, archive on disk)."""
    out = tmp_path_factory.mktemp("played")
    for name, body in SMALL.text.items():
        (out / "small" / name).parent.mkdir(parents=True, exist_ok=True)
        (out / "small" / name).write_text(body)
    generate(SMALL, str(out), players=20, days=1, seed=3, files=2)
    assert run(out, out / "archive") == 0
    return out


def run(out, archive):
    return main(["run", f"--contract={out}/small", f"--source={out}/messages/*", f"--archive={archive}"])


def views(archive):
    con = open_archive(SMALL, str(archive))
    return {view: sorted(map(repr, ask(con, f"SELECT * FROM {view}").rows)) for view in view_sql(SMALL) if view != "runs"}


def test_a_run_whose_uploads_fail_for_a_moment_leaves_on_gcs_what_it_would_on_disk(emulator, uploads, played):
    uploads |= {10: 503, 20: 1, 30: 503, 31: 503}
    assert run(played, "gs://lake/moment") == 0
    assert not uploads and views(emulator[1] / "moment") == views(played / "archive")


def test_a_run_that_may_not_upload_any_more_shows_nothing_and_the_same_command_lands(emulator, uploads, played, capfd):
    uploads |= {30: 403}
    assert run(played, "gs://lake/forbidden") == 1
    assert "nothing of it counts; fix this and give the same command again" in capfd.readouterr().err
    assert not list((emulator[1] / "forbidden").rglob("*.parquet")) and not views(emulator[1] / "forbidden")["events"]
    assert run(played, "gs://lake/forbidden") == 0
    assert views(emulator[1] / "forbidden") == views(played / "archive")
    assert run(played, "gs://lake/forbidden") == 0
    assert "skipped 2 files" in capfd.readouterr().out


def test_a_stream_with_late_events_leaves_the_same_on_gcs(emulator, uploads, tmp_path):
    steps = [Advance(), [match("a", T), purchase("b", T + MINUTE)], Advance(), [match("c", T + 3 * HOUR)], Advance(),
             [match("late", T + MINUTE, T + 4 * HOUR), Sent(T + 4 * HOUR, b"{broken")], Advance(), [purchase("d", T + 9 * HOUR)]]
    run_stream(SMALL, str(tmp_path / "disk"), steps)
    uploads |= {3: 503, 5: 1}
    run_stream(SMALL, "gs://lake/stream", steps)
    on_gcs, on_disk = views(emulator[1] / "stream"), views(tmp_path / "disk")
    assert not uploads and on_gcs == on_disk and len(on_gcs["events"]) == 5 and len(on_gcs["dead_letters"]) == 1
    assert list((emulator[1] / "stream" / "events" / "match_end").rglob("hour=late/*.parquet"))
