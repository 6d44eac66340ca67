-- title: From the first login to the first guild or team
-- doc: What is the mean time between a player's first login and the first organization joined from then on?
-- doc: Players who joined none yet have no such time: they are counted beside.
-- chart: number y=mean_minutes
WITH logins AS (
  SELECT player_id, MIN(event_time) AS first_login
  FROM login
  WHERE player_id IS NOT NULL
  GROUP BY player_id
),
firsts AS (
  SELECT logins.player_id, logins.first_login, MIN(social.event_time) AS first_join
  FROM logins
  LEFT JOIN social
    ON social.user_id = logins.player_id AND COALESCE(social.status, '') <> 'denied_join' AND social.event_time >= logins.first_login
  GROUP BY logins.player_id, logins.first_login
)
SELECT
  COUNT(*) AS players, COUNT(first_join) AS joiners,
  ROUND(AVG(TIMESTAMP_DIFF(first_join, first_login, MILLISECOND)) / 60000, 2) AS mean_minutes
FROM firsts
