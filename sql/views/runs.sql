-- Every run that wrote into the archive. The other views show only what open and complete runs wrote.
SELECT run_id, state, mode, contract, started, finished, inputs, row_counts
FROM {tables}.runs
