-- title: What goes with wealth
-- doc: Do wealthy players play longer, join more, own more? Correlations (-1 to 1) among the players seen, each with the mean wealth of those
-- doc: who have more of it than the average, and of the others. Descriptive: it says what goes together, not what makes a player rich.
-- key: factor
-- chart: bar x=factor y=correlation
WITH factors AS (  -- not a UNION of three: accounts is read once
  SELECT item.factor, accounts.wealth, item.amount
  FROM accounts, UNNEST([
    STRUCT('hours played' AS factor, hours_played AS amount),
    STRUCT('guilds and teams' AS factor, CAST(orgs AS FLOAT64) AS amount),
    STRUCT('items' AS factor, CAST(items AS FLOAT64) AS amount)]) AS item
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
