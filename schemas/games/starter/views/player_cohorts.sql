-- The day, in the contract's time zone, on which a player was first seen.
SELECT env, player_id, MIN(first_time) AS first_seen, DATE(MIN(first_time), '{time_zone}') AS cohort
FROM {views}.player_hours
GROUP BY env, player_id
