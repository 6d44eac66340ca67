-- key: reason, field, event_type, env, app_version
SELECT reason, field, event_type, env, app_version, COUNT(*) AS messages
FROM dead_letters
GROUP BY reason, field, event_type, env, app_version
