"""Gamebeam: every game event accounted for."""

import re
from pathlib import Path

from setuptools import find_packages, setup

VERSION = re.search(r'__version__ = "([^"]+)"', (Path(__file__).parent / "gamebeam" / "__init__.py").read_text())
assert VERSION, "gamebeam/__init__.py has no __version__"

setup(
    name="gamebeam",
    version=VERSION[1],
    description="The Apache Beam job between a game's players and its analysts: every event accounted for",
    license="Apache-2.0",
    python_requires=">=3.11",
    packages=find_packages(include=["gamebeam", "gamebeam.*"]),
    package_data={"gamebeam.schemas": ["*.avsc", "*.yaml", "games/**/*"], "gamebeam.sql": ["**/*.sql"],
                  "gamebeam.transforms": ["**/*.lua"], "gamebeam.reports": ["**/*.sql", "templates/*"],
                  "gamebeam.collector": ["**/*.yaml", "*.html", "**/*.lua"], "gamebeam.clients": ["README.md"]},
    install_requires=[
        "apache-beam==2.77.0", "click", "duckdb", "fastavro", "lz4", "msgspec", "prompt-toolkit", "pyarrow", "pyyaml", "redis", "rich",
        "sqlglot", "xxhash",
    ],
    extras_require={
        "gcp": ["apache-beam[gcp]==2.77.0", "google-cloud-pubsub", "google-cloud-bigquery", "google-cloud-bigquery-storage"],
        "kafka": ["confluent-kafka", "mmh3"],
        "collector": ["argon2-cffi", "confluent-kafka", "google-cloud-pubsub", "httptools", "prometheus-client", "starlette", "uvicorn",
                      "uvloop"],
        "feeds": ["pycountry"],
        "reports": ["altair", "jinja2", "starlette", "uvicorn", "vl-convert-python"],
        "dev": ["httpx", "hypothesis", "mkdocs-material", "mypy", "pip-audit", "pip-licenses", "playwright", "pypdf", "pytest",
                "pytest-xdist", "python-hcl2",
                "ruff", "schemathesis", "setuptools", "types-PyYAML", "wheel"],
    },
    entry_points={"console_scripts": ["gamebeam = gamebeam.pipeline.cli.__main__:main"]},
)
