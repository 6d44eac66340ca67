"""The views as BigQuery has them: the same texts as on a laptop, over the datasets of a target."""

import hashlib
from typing import NamedTuple

from gamebeam.schemas.bigquery import RUN_MANIFESTS, Target, labels, listed
from gamebeam.schemas.contract.contract import Contract
from gamebeam.schemas.events import DEAD_LETTER
from gamebeam.sql.views import fill, view_sql

# A run that another supersedes is hidden by that one's manifest: one appended row hides the old rows and shows the new.
RUNS = f"""WITH latest AS (
  SELECT *
  FROM {{tables}}.{RUN_MANIFESTS}
  QUALIFY ROW_NUMBER() OVER (PARTITION BY run_id ORDER BY written_time DESC, finished IS NULL) = 1
)
SELECT
  run_id, IF(run_id IN (SELECT gone FROM latest, UNNEST(supersedes) AS gone WHERE state = 'complete'), 'superseded', state) AS state,
  mode, contract, started, finished, inputs, supersedes, row_counts, generation, repairs
FROM latest"""


class View(NamedTuple):
    dataset: str
    name: str
    ddl: str
    label: str  # of its text: BigQuery may hand the text back written otherwise


def bigquery_views(contract: Contract, target: Target) -> list[View]:
    """Every view, each after those that it reads. `runs` lies among the tables, where the others look for it."""
    tables, views = (f"`{target.project}`.{name}" for name in (target.dataset_of(""), target.dataset))
    dead = f"`{target.project}`.{target.dataset_of(DEAD_LETTER)}.{DEAD_LETTER}"
    made = [_view(contract, target, target.dataset_of(""), "runs", fill(RUNS, tables=tables))]
    for name, text in view_sql(contract, tables="{tables}", views="{views}").items():
        text = text.replace(f"{{tables}}.{DEAD_LETTER}", dead)
        made.append(_view(contract, target, target.dataset, name, fill(text, tables=tables, views=views)))
    return made


def _view(contract: Contract, target: Target, dataset: str, name: str, text: str) -> View:
    label = hashlib.sha256(text.encode()).hexdigest()[:16]
    options = listed(labels(contract.name) | {"sql": label})
    return View(dataset, name, f"CREATE OR REPLACE VIEW `{target.project}`.{dataset}.{name}\nOPTIONS({options}) AS\n{text}", label)
