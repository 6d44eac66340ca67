-- Each player's account as last seen, and the hours played: the lengths of its sessions.
WITH seen AS (
  SELECT
    user_id,
    ARRAY_AGG(wealth IGNORE NULLS ORDER BY event_time DESC, event_id DESC)[SAFE_OFFSET(0)] AS wealth,
    ARRAY_AGG(items IGNORE NULLS ORDER BY event_time DESC, event_id DESC)[SAFE_OFFSET(0)] AS items,
    ARRAY_AGG(orgs IGNORE NULLS ORDER BY event_time DESC, event_id DESC)[SAFE_OFFSET(0)] AS orgs
  FROM {views}.accounts_seen
  WHERE user_id IS NOT NULL
  GROUP BY user_id
),
played AS (
  SELECT player_id, SUM(TIMESTAMP_DIFF(session_end, session_start, MILLISECOND)) / 3600000 AS hours
  FROM {views}.sessions
  GROUP BY player_id
)
SELECT seen.user_id, seen.wealth, seen.items, seen.orgs, COALESCE(played.hours, 0) AS hours_played
FROM seen
LEFT JOIN played ON played.player_id = seen.user_id
