"""Files are read by what is in them: compression, JSON lines, JSON objects, Avro; and where each message begins is its id."""

import bz2
import gzip
import io
import json
import lzma
import zlib

import fastavro
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamebeam.pipeline.batch import run_batch
from gamebeam.pipeline.cli.__main__ import main
from gamebeam.pipeline.options import JobOptions
from gamebeam.schemas.contract.contract import load_contract
from gamebeam.sql.engine import ask, open_archive
from gamebeam.transforms.sources.content import BLOCK
from gamebeam.transforms.sources.files import UnreadableFile, hash_if_whole, read_file
from gamebeam.transforms.sources.json_values import SEPARATORS, JsonObjects
from tests.support.loadgen_games import WITHOUT_IDS

STARTER = load_contract("starter")
T = 1_790_000_000_000


def zstd(data):
    out = pa.BufferOutputStream()
    with pa.CompressedOutputStream(out, "zstd") as stream:
        stream.write(data)
    return out.getvalue().to_pybytes()


COMPRESSIONS = {"gz": gzip.compress, "zst": zstd, "bz2": bz2.compress, "deflate": zlib.compress, "xz": lzma.compress}


def message(n, **changes):
    return json.dumps({"received_time": T, "event_id": f"e{n}", "event_type": "ad_impression", "env": "live", "event_time": T,
                       "player_id": "p", "install_id": "i", "seq": n + 1, "network": "n", "revenue_usd": 0.5} | changes)


def messages(path):
    return [payload for batch in read_file(str(path)) for payload in batch.payloads]


def ids(path):
    return [id_ for batch in read_file(str(path)) for id_ in batch.ids]


def run(source, archive, *flags, contract="starter"):
    return run_batch(JobOptions([f"--contract={contract}", f"--source={source}", f"--archive={archive}", *flags]))


def rows(archive, sql, contract=STARTER):
    return ask(open_archive(contract, str(archive)), sql).rows


LINES = [json.dumps({"n": n, "text": f"}}{{\"{n * n}\\"}).encode() for n in range(3_000)]
TEXT = b"\n".join(LINES)


@pytest.mark.parametrize("name", COMPRESSIONS)
@pytest.mark.parametrize("path", ["x.{}", "X.{}.GZ", "no_suffix", "wrong.jsonl"])
def test_f2_a_compressed_file_is_read_whatever_its_name_and_also_of_several_members(tmp_path, name, path):
    compress, file = COMPRESSIONS[name], tmp_path / path.format(name)
    file.write_bytes(compress(TEXT))
    assert messages(file) == LINES
    half = len(TEXT) // 2
    file.write_bytes(compress(TEXT[:half]) + compress(TEXT[half:]))
    assert messages(file) == LINES


def test_f2_a_plain_file_with_a_compressed_files_name_is_read(tmp_path):
    for name in ("x.gz", "x.zst", "x.bz2", "x.deflate"):
        (tmp_path / name).write_bytes(TEXT)
        assert messages(tmp_path / name) == LINES


@pytest.mark.parametrize("name", COMPRESSIONS)
@pytest.mark.parametrize("suffix", ["", ".GZ", ".jsonl"])
def test_f1_a_compressed_file_that_ends_early_is_refused_wherever_it_is_cut(tmp_path, name, suffix):
    file = tmp_path / f"x.{name}{suffix}"
    for whole in (COMPRESSIONS[name](TEXT), COMPRESSIONS[name](TEXT) + COMPRESSIONS[name](b"{}")):
        for length in (2, 5, 9, 13, len(whole) // 2, len(whole) - 9, len(whole) - 5, len(whole) - 1):
            file.write_bytes(whole[:length])
            for read in (messages, lambda path: hash_if_whole(str(path))):
                with pytest.raises(UnreadableFile, match=rf"{file.name}: cannot be read to its end"):
                    read(file)


@pytest.mark.parametrize("name", COMPRESSIONS)
def test_f1_nothing_of_a_cut_file_counts_in_batch_and_all_of_it_once_it_is_whole(tmp_path, name, capfd):
    whole = COMPRESSIONS[name]("\n".join(message(n) for n in range(50)).encode())
    file, archive = tmp_path / f"1.jsonl.{name}", tmp_path / "a"
    (tmp_path / "2.jsonl").write_text(message(99))
    file.write_bytes(whole[:len(whole) // 2])
    command = ["run", "--contract=starter", f"--source={tmp_path}/*.jsonl*", f"--archive={archive}"]
    assert main(command) == 1
    assert f"1.jsonl.{name}: cannot be read to its end" in capfd.readouterr().err
    assert rows(archive, "SELECT COUNT(*) FROM events") == [(0,)]
    assert not list(archive.rglob("*.parquet"))
    file.write_bytes(whole)
    assert main(command) == 0
    assert rows(archive, "SELECT SUM(received), SUM(landed), SUM(duplicate) FROM ledger") == [(51, 51, 0)]


def test_f2_empty_files_and_markers_are_skipped_and_counted(tmp_path, capsys):
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "1.jsonl").write_text(message(1))
    for name in ("_SUCCESS", "part-2.jsonl", ".hidden"):
        (tmp_path / "m" / name).touch()
    (tmp_path / "m" / "_committed_123").write_text('{"added":[]}')
    assert main(["run", "--contract=starter", f"--source={tmp_path}/m/*", f"--archive={tmp_path}/a"]) == 0
    assert "skipped 3 empty files\n" in capsys.readouterr().out
    assert rows(tmp_path / "a", "SELECT SUM(received) FROM ledger") == [(1,)]
    (tmp_path / "m" / "1.jsonl").unlink()
    assert main(["run", "--contract=starter", f"--source={tmp_path}/m/*", f"--archive={tmp_path}/a"]) == 1
    assert "all 3 files are empty" in capsys.readouterr().err


OBJECTS = [json.loads(line) for line in LINES] + [{"deep": [[{"a": [1, {"b": "]}"}]}]] * 2}, {}]
LAYOUTS = {
    "array": json.dumps(OBJECTS),
    "pretty array": json.dumps(OBJECTS, indent=2),
    "array of lines": "[\n" + ",\n".join(map(json.dumps, OBJECTS)) + "\n]\n",
    "side by side": "".join(map(json.dumps, OBJECTS)),
    "pretty objects": "\n".join(json.dumps(o, indent="\t") for o in OBJECTS),
    "two to a line": "\n".join(json.dumps(a) + " " + json.dumps(b) for a, b in zip(OBJECTS[::2], OBJECTS[1::2], strict=True)),
    "lines": "\r\n".join(map(json.dumps, OBJECTS)),
}


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "marked"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_f3_d5_objects_are_messages_however_they_are_laid_out_and_ids_are_their_offsets(tmp_path, layout, mark):
    content = mark + LAYOUTS[layout].encode()
    (tmp_path / "1.json").write_bytes(content)
    found = messages(tmp_path / "1.json")
    assert [json.loads(payload) for payload in found] == OBJECTS
    assert all(content.startswith(payload, int(at)) for at, payload in zip(ids(tmp_path / "1.json"), found, strict=True))
    (tmp_path / "1.json").write_bytes(zstd(content))
    assert messages(tmp_path / "1.json") == found and all(
        content.startswith(payload, int(at)) for at, payload in zip(ids(tmp_path / "1.json"), found, strict=True))


@pytest.mark.parametrize(("lines", "expected"), [
    (['{"a": 1, "b', '{"c": 2}', '{"d": {"e": 3}}'], 3), (['{"a": {"b": 1}', '{"c": 2}', '{"d": 3}'], 3),
    (["[INFO] started", '{"c": 2}'], 2), (["[1, 2]", '{"c": 2}'], 2), (["garbage", '{"c": 2}{"d": 3}'], 2), (["[" * 600, '{"c": 2}'], 2)])
def test_f3_a_first_line_that_is_broken_leaves_lines_to_be_lines(tmp_path, lines, expected):
    (tmp_path / "1.jsonl").write_text("\n".join(lines))
    assert messages(tmp_path / "1.jsonl") == [line.encode() for line in lines] and expected == len(lines)


JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(['}{"', "[{", '\\"', "\n"]),
                    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3), max_leaves=12)
SEPARATED = st.sampled_from(["", "\n", ",\n  ", " , "])


def split(data, window, cuts):
    objects, found = JsonObjects(window), []
    for start, end in zip([0, *cuts], [*cuts, len(data)], strict=True):
        found += objects.feed(data[start:end])
    return found + objects.close()


@given(st.lists(st.dictionaries(st.text(max_size=3), JSON, max_size=3), max_size=6), st.sampled_from([None, 1]), SEPARATED,
       st.booleans(), st.data())
def test_f3_any_split_of_any_objects_into_blocks_gives_the_objects(objects, indent, separator, in_array, data):
    text = separator.join(json.dumps(o, indent=indent, ensure_ascii=False) for o in objects)
    content = (f"[ {text} ]" if in_array else text).encode()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(content)), max_size=6)))
    found = split(content, 1 << 20, cuts)
    assert [json.loads(payload) for _, payload in found] == objects
    assert all(content.startswith(payload, offset) for offset, payload in found)


@given(st.text('{}[]",:\\\n a1', max_size=200), st.integers(1, 60), st.data())
def test_f3_of_anything_at_all_nothing_is_lost_and_blocks_make_no_difference(text, window, data):
    content = text.encode()
    found = split(content, window, sorted(data.draw(st.lists(st.integers(0, len(content)), max_size=6))))
    assert found == split(content, window, [])
    left = bytearray(content)
    for offset, payload in found:
        assert len(payload) <= window and content.startswith(payload, offset)
        left[offset:offset + len(payload)] = b" " * len(payload)
    assert not left.strip(SEPARATORS)


@pytest.mark.parametrize("broken", ['{"a": "x', '{"a": [1, 2}', '{"a": {"b": 1', '{"a": "x" "y}'])
@pytest.mark.parametrize("separator", ["", ",", "\n", ",\n  "])
def test_f3_a_broken_object_costs_no_object_beyond_the_window(tmp_path, broken, separator):
    many = [f'{{"n": {n}, "s": "text"}}' for n in range(40_000)]  # more than the window
    many[1] = broken
    (tmp_path / "1.json").write_text("[" + separator.join(many) + "]" if separator.startswith(",") else separator.join(many))
    found = messages(tmp_path / "1.json")
    assert found[-1].decode() == many[-1] and len(found) > 10_000
    if "\n" in separator or broken.endswith("}"):
        assert [f for f in found if f.startswith(b'{"n"')] == [m.encode() for m in many if m != broken]


def test_f3_a_large_array_is_read_a_block_at_a_time(tmp_path):
    with open(tmp_path / "1.json", "wb") as file:
        file.write(b"[")
        file.writelines(b'{"n": %d, "s": "%s"},' % (n, b"x" * 1_000) for n in range(20_000))
        file.write(b"{}]")
    sizes = [sum(map(len, batch.payloads)) for batch in read_file(str(tmp_path / "1.json"))]
    assert sum(sizes) > 20_000_000 and max(sizes) <= 2 * BLOCK


def test_a_line_without_an_end_comes_in_pieces(tmp_path):
    (tmp_path / "1.jsonl").write_bytes(b"x" * (40 << 20))
    assert [len(payload) for payload in messages(tmp_path / "1.jsonl")] == [16 << 20, 16 << 20, 8 << 20]
    assert ids(tmp_path / "1.jsonl") == ["0", str(16 << 20), str(32 << 20)]


def avro(schema_of_data, values, **fields):
    out, named = io.BytesIO(), [{"name": "data", "type": schema_of_data}, *({"name": n, "type": t} for n, (t, _) in fields.items())]
    records = [{"data": value} | {n: v[i] for n, (_, v) in fields.items()} for i, value in enumerate(values)]
    fastavro.writer(out, {"type": "record", "name": "message", "fields": named}, records, sync_interval=200)
    return out.getvalue()


@pytest.mark.parametrize("of", ["bytes", "string", ["null", "bytes"]], ids=str)
def test_f4_avro_that_holds_only_data_is_read_with_the_messages_own_time(tmp_path, of):
    texts = [message(n, received_time=T + n) for n in range(9)]
    (tmp_path / "1.avro").write_bytes(avro(of, texts if of == "string" else [text.encode() for text in texts]))
    run(f"{tmp_path}/1.avro", tmp_path / "a")
    assert rows(tmp_path / "a", "SELECT COUNT(*), MIN(UNIX_MILLIS(arrival_time)), MAX(UNIX_MILLIS(arrival_time)) FROM events") == [
        (9, T, T + 8)]
    assert len(set(ids(tmp_path / "1.avro"))) == 9


def test_f4_avro_without_data_is_refused_by_name(tmp_path, capfd):
    out = io.BytesIO()
    fastavro.writer(out, {"type": "record", "name": "other", "fields": [{"name": "x", "type": "int"}]}, [{"x": 1}])
    (tmp_path / "1.avro").write_bytes(out.getvalue())
    assert main(["run", "--contract=starter", f"--source={tmp_path}/1.avro", f"--archive={tmp_path}/a"]) == 1
    assert "1.avro: cannot be read to its end (Avro records without a field data" in capfd.readouterr().err


def test_messages_without_a_time_are_refused_in_avro_that_has_none_either(tmp_path, capfd):
    (tmp_path / "1.avro").write_bytes(avro("bytes", [b"{}"]))
    assert main(["run", "--contract=khan", f"--source={tmp_path}/1.avro", f"--archive={tmp_path}/a"]) == 1
    assert "carry no time" in capfd.readouterr().err


@pytest.fixture
def hashed(tmp_path):
    """A game without event ids."""
    folder = tmp_path / "contract"
    for name, text in WITHOUT_IDS.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return str(folder)


EQUAL = json.dumps({"kind": "jump", "at": T // 1000, "got": T // 1000, "who": "p"})


def counted(archive, contract):
    return rows(archive, "SELECT SUM(received), SUM(landed), SUM(duplicate) FROM ledger", load_contract(contract))[0]


def test_c12_two_equal_messages_at_two_places_of_a_file_are_two_events(tmp_path, hashed):
    (tmp_path / "1.jsonl").write_text(f"{EQUAL}\n{EQUAL}\n")
    run(f"{tmp_path}/1.jsonl", tmp_path / "a", contract=hashed)
    assert counted(tmp_path / "a", hashed) == (2, 2, 0)


@pytest.mark.parametrize("compress", COMPRESSIONS.values(), ids=COMPRESSIONS)
def test_c12_one_file_under_two_names_compressed_or_not_is_a_duplicate(tmp_path, hashed, compress):
    (tmp_path / "1.jsonl").write_text(f"{EQUAL}\n{EQUAL}\n")
    (tmp_path / "2.jsonl").write_text(f"{EQUAL}\n{EQUAL}\n")
    (tmp_path / "3.jsonl").write_bytes(compress(f"{EQUAL}\n{EQUAL}\n".encode()))
    run(f"{tmp_path}/*.jsonl", tmp_path / "a", contract=hashed)
    assert counted(tmp_path / "a", hashed) == (6, 2, 4)


def test_c12_a_message_with_an_id_of_its_own_is_a_duplicate_at_any_place(tmp_path):
    (tmp_path / "1.jsonl").write_text(f"{message(1)}\n{message(2)}\n{message(1)}\n")
    run(f"{tmp_path}/1.jsonl", tmp_path / "a")
    assert rows(tmp_path / "a", "SELECT SUM(received), SUM(landed), SUM(duplicate) FROM ledger") == [(3, 2, 1)]
