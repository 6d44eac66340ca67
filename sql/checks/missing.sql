-- key: hour, env, platform, app_version
SELECT hour, env, platform, app_version, missing, implausible
FROM ledger
WHERE missing IS NOT NULL
