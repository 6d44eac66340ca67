-- title: Wealth by time played
-- doc: Do players accumulate wealth or spend it? Players and their wealth by whole hours played.
-- key: hours_from
-- chart: line x=hours_from y=mean_wealth
SELECT
  CAST(FLOOR(hours_played) AS INT64) AS hours_from, COUNT(*) AS players, ROUND(AVG(wealth), 2) AS mean_wealth,
  MIN(wealth) AS poorest, MAX(wealth) AS richest
FROM accounts
WHERE wealth IS NOT NULL
GROUP BY hours_from
ORDER BY hours_from
