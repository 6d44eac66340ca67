"""Jobs run inside the test process and tune its collector; DuckDB complains at exit of what stays frozen."""

from transforms.collector import collect_as_before


def pytest_sessionfinish():
    collect_as_before()
