-- The days, in the contract's time zone, on which a player was active. An hour may belong to two: its first and last event tell.
SELECT env, player_id, DATE(first_time, '{time_zone}') AS day FROM {views}.player_hours
UNION DISTINCT
SELECT env, player_id, DATE(last_time, '{time_zone}') AS day FROM {views}.player_hours
