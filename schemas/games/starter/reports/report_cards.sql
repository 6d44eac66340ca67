-- title: At a glance
-- doc: Over the whole time that the archive covers.
-- chart: number
SELECT
  players, sessions, events, ROUND(micros / 1000000, 2) AS revenue_usd, players_who_brought_revenue,
  ROUND(SAFE_DIVIDE(micros / 1000000, players), 4) AS revenue_per_player_usd
FROM (
  SELECT
    COUNT(*) AS players, SUM(sessions) AS sessions, SUM(events) AS events, COUNTIF(revenue_micros > 0) AS players_who_brought_revenue,
    CAST(SUM(CAST(revenue_micros AS BIGNUMERIC)) AS FLOAT64) AS micros
  FROM players
  WHERE env = @env)
