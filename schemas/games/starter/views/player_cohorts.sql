-- The day, in the contract's time zone, on which a player was first seen.
SELECT env, player_id, first_seen, DATE(first_seen, '{time_zone}') AS cohort
FROM {views}.players
