-- title: What goes with wealth
-- doc: Do wealthy players play longer, join more, own more? Correlations (-1 to 1) among the players seen, each with the mean wealth of those
-- doc: who have more of it than the average, and of the others. Descriptive: it says what goes together, not what makes a player rich.
-- key: factor
-- chart: bar x=factor y=correlation
WITH factors AS (
  SELECT 'hours played' AS factor, wealth, hours_played AS amount FROM accounts
  UNION ALL
  SELECT 'guilds and teams', wealth, orgs FROM accounts
  UNION ALL
  SELECT 'items', wealth, items FROM accounts
),
known AS (
  SELECT factor, wealth, amount, AVG(amount) OVER (PARTITION BY factor) AS mean
  FROM factors
  WHERE wealth IS NOT NULL AND amount IS NOT NULL
)
SELECT
  factor, COUNT(*) AS players,
  IF(MIN(amount) < MAX(amount) AND MIN(wealth) < MAX(wealth), ROUND(CORR(wealth, amount), 4), NULL) AS correlation,
  ROUND(AVG(IF(amount > mean, wealth, NULL)), 2) AS mean_wealth_above_average,
  ROUND(AVG(IF(amount <= mean, wealth, NULL)), 2) AS mean_wealth_up_to_average
FROM known
GROUP BY factor
ORDER BY factor
