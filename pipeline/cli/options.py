"""Options that several commands share."""

import click

ARCHIVE = click.option("--archive", required=True, metavar="FOLDER", help="Root folder of the archive, on disk or gs://.")
READ_CONTRACT = click.option("--contract", default="", metavar="NAME|FOLDER", show_default="the archive's own",
                             help="A contract with other questions, views, feeds or reports; its events must be the archive's.")
ENV = click.option("--env", default="live", show_default=True, help="Environment whose events count: live or test.")
AS_OF = click.option("--as-of", default="", metavar="DATE|MOMENT", show_default="everything",
                     help="Answer as of the end of a date such as 2026-11-02, or as of a moment such as 2026-11-02T18:00.")
TABLES = click.option("--tables", required=True, metavar="bq://PROJECT.DATASET", help="The BigQuery dataset of the tables.")
