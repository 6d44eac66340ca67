-- key: hour, game, env, platform, app_version, event_type
SELECT hour, game, env, platform, app_version, event_type, received, landed, duplicate, dead_lettered, late
FROM ledger
WHERE missing IS NULL
