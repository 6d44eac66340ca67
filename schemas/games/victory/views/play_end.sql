-- Matches ended: the contract's view, and under the names of the older loader's columns (json_path.json) user_id, app_ver, event_timestamp.
SELECT *, player_id AS user_id, app_version AS app_ver, event_time AS event_timestamp
FROM {base}
