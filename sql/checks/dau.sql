-- key: day
-- An hour may belong to two days of the contract's time zone; then its first and last event tell.
SELECT day, COUNT(DISTINCT player_id) AS players
FROM (
  SELECT DATE(first_time, '{time_zone}') AS day, player_id FROM player_hours WHERE env = 'live'
  UNION ALL
  SELECT DATE(last_time, '{time_zone}') AS day, player_id FROM player_hours WHERE env = 'live')
GROUP BY day
