"""The door's benches: their reports say what was measured, and compare with the better of the other side."""

from argparse import Namespace

from bench import door, players

HERE = {"cores": "2", "cpu": "c", "memory": "m", "system": "s", "load": "0.1", "python": "3.11"}


def test_the_doors_ratio_is_to_the_better_of_flasks_runs_in_each_round():
    rates = {load: [100.0 * (at + 1), 100.0] for at, load in enumerate(door.LOADS)}  # Flask's: 500 and 600, then 100 and 100
    runs = {load: [{"requests": r * 10 / load.batch, "seconds": 10.0, "p50_ms": 1.5, "p99_ms": 2.5, "errors": 1} for r in of]
            for load, of in rates.items()}
    text = door.report(runs, HERE, Namespace(seconds=10, runs=2, workers=2))
    assert "| Gamebeam's collector, one event a request | 32 | 150 (100–200) | 0.7 | 150 | 1.5 | 2.5 | 2 |" in text  # 200/600, 100/100
    assert "--seconds=10 --runs=2 --workers=2" in text and "(processes: 2)" in text


def test_the_report_on_players_has_the_percentiles_of_what_was_measured():
    hundred = [float(n) for n in range(101)]
    text = players.report(players.Measured(1999.6, hundred, [2.0] * 5, 0.5, [3.0] * 2, [4.0] * 2), HERE,
                          Namespace(seconds=9, rate=2000, reads=100))
    assert "| Read of a player beside all of it, ms | 101 | 50.00 | 95.00 | 99.00 | 100.00 |" in text
    assert "updates alone, ms | 2 | 3.00 |" in text and "beside nothing, ms | 2 | 4.00 |" in text
    assert "| Age of the state, s | 5 | 2.00 | 2.00 | 2.00 | 2.00 |" in text and "2,000 a second" in text
