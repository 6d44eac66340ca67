-- title: Wealth percentiles by hours played
-- doc: What wealth is a player likely to have after so many hours? Of the players seen, no forecast: each percentile is a player's wealth.
-- key: hours_from
-- chart: line x=hours_from y=p50
WITH known AS (
  SELECT CAST(FLOOR(hours_played) AS INT64) AS hours_from, wealth FROM accounts WHERE wealth IS NOT NULL
),
ranked AS (
  SELECT
    hours_from, wealth, ROW_NUMBER() OVER (PARTITION BY hours_from ORDER BY wealth) AS place,
    COUNT(*) OVER (PARTITION BY hours_from) AS players
  FROM known
)
SELECT
  hours_from, players,
  MIN(IF(place >= 0.10 * players, wealth, NULL)) AS p10, MIN(IF(place >= 0.25 * players, wealth, NULL)) AS p25,
  MIN(IF(place >= 0.50 * players, wealth, NULL)) AS p50, MIN(IF(place >= 0.75 * players, wealth, NULL)) AS p75,
  MIN(IF(place >= 0.90 * players, wealth, NULL)) AS p90
FROM ranked
GROUP BY hours_from, players
ORDER BY hours_from
