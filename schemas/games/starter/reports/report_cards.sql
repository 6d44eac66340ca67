-- title: At a glance
-- doc: Over the whole time that the archive covers.
-- chart: number
SELECT
  COUNT(DISTINCT player_id) AS players, SUM(sessions) AS sessions, SUM(events) AS events, ROUND(SUM(revenue), 2) AS revenue_usd,
  COUNTIF(revenue > 0) AS players_who_brought_revenue, ROUND(SAFE_DIVIDE(SUM(revenue), COUNT(*)), 4) AS revenue_per_player_usd
FROM players
WHERE env = @env
