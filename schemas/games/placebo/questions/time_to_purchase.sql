-- title: From the first login to the first purchase
-- doc: What is the mean time between a player's first login and the first item bought from then on?
-- doc: Players who bought nothing yet have no such time: they are counted beside.
-- chart: number y=mean_minutes
WITH logins AS (
  SELECT player_id, MIN(event_time) AS first_login
  FROM login
  WHERE player_id IS NOT NULL
  GROUP BY player_id
),
firsts AS (
  SELECT logins.player_id, logins.first_login, MIN(buys.event_time) AS first_purchase
  FROM logins
  LEFT JOIN buys
    ON buys.user_id = logins.player_id AND buys.status = 'approved_purchase' AND buys.event_time >= logins.first_login
  GROUP BY logins.player_id, logins.first_login
)
SELECT
  COUNT(*) AS players, COUNT(first_purchase) AS buyers,
  ROUND(AVG(TIMESTAMP_DIFF(first_purchase, first_login, MILLISECOND)) / 60000, 2) AS mean_minutes
FROM firsts
