-- title: Active users
-- doc: How many players were active on each day, in the 7 and in the 30 days up to it, and which share of the month's came that day? Days without any player in the 30 up to it have no row.
-- key: day
-- chart: line x=day y=dau,wau,mau
WITH spans AS (  -- a player counts for the week and the month from a day of activity until the next one
  SELECT
    day, COALESCE(LEAD(day) OVER (PARTITION BY player_id ORDER BY day), DATE '9999-12-31') AS next_day,
    GREATEST(day, DATE_ADD(LEAST(day, DATE '9999-11-30'), INTERVAL 7 DAY)) AS week_end,  -- a clock may say the calendar's last day
    GREATEST(day, DATE_ADD(LEAST(day, DATE '9999-11-30'), INTERVAL 30 DAY)) AS month_end
  FROM player_days
  WHERE env = @env
),
changes AS (
  SELECT day, 1 AS dau, 1 AS wau, 1 AS mau FROM spans
  UNION ALL
  SELECT LEAST(next_day, week_end), 0, -1, 0 FROM spans
  UNION ALL
  SELECT LEAST(next_day, month_end), 0, 0, -1 FROM spans
),
ends AS (
  SELECT MAX(day) AS last_day FROM spans
),
per_day AS (
  SELECT day, SUM(dau) AS dau, SUM(wau) AS wau, SUM(mau) AS mau
  FROM (
    SELECT day, dau, wau, mau FROM changes
    UNION ALL
    SELECT later, 0, 0, 0
    FROM (SELECT DISTINCT day, LEAST(month_end, last_day) AS until FROM spans CROSS JOIN ends), UNNEST(GENERATE_DATE_ARRAY(day, until)) AS later)
  GROUP BY day
),
running AS (
  SELECT day, dau, SUM(wau) OVER (ORDER BY day) AS wau, SUM(mau) OVER (ORDER BY day) AS mau
  FROM per_day
)
SELECT running.day, running.dau, running.wau, running.mau, ROUND(SAFE_DIVIDE(running.dau, running.mau), 4) AS stickiness
FROM running
JOIN ends ON running.day <= ends.last_day
WHERE running.mau > 0
ORDER BY running.day
