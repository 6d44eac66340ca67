-- title: Revenue per daily active user
-- doc: What does a day earn, in USD, and how much of it per active player? Advertisements are in it, refunds are negative.
-- key: day
-- chart: line x=day y=arpdau
WITH earned AS (
  SELECT
    day, SUM(IF(kind = 'purchase', micros, 0)) AS purchases, SUM(IF(kind = 'ad', micros, 0)) AS ads,
    SUM(IF(kind = 'refund', micros, 0)) AS refunds
  FROM (SELECT day, kind, CAST(micros AS BIGNUMERIC) AS micros FROM money WHERE env = @env)
  GROUP BY day
),
active AS (
  SELECT day, COUNT(*) AS dau FROM player_days WHERE env = @env GROUP BY day
)
SELECT
  active.day, active.dau, CAST(COALESCE(earned.purchases, 0) AS FLOAT64) / 1000000 AS purchases,
  CAST(COALESCE(earned.ads, 0) AS FLOAT64) / 1000000 AS ads, CAST(COALESCE(earned.refunds, 0) AS FLOAT64) / 1000000 AS refunds,
  CAST(COALESCE(earned.purchases + earned.ads + earned.refunds, 0) AS FLOAT64) / 1000000 AS revenue,
  ROUND(CAST(COALESCE(earned.purchases + earned.ads + earned.refunds, 0) AS FLOAT64) / 1000000 / active.dau, 4) AS arpdau
FROM active
LEFT JOIN earned ON earned.day = active.day
ORDER BY active.day
