-- title: Win rate per enemy
-- doc: Is an enemy too smart, too tough? The share of matches won, with the 95 % interval (Wilson's); a draw is not won.
-- key: enemy
-- chart: bar x=enemy y=win_rate low=low high=high
WITH fought AS (
  SELECT enemy, COUNT(*) AS matches, COUNTIF(outcome = 'won') AS won
  FROM match_end
  WHERE env = @env AND enemy IS NOT NULL
  GROUP BY enemy
),
centred AS (
  SELECT
    enemy, matches, won, won / matches AS rate, (won + 1.9208) / (matches + 3.8416) AS centre,
    1.96 * SQRT(won * (matches - won) / matches + 0.9604) / (matches + 3.8416) AS reach
  FROM fought
)
SELECT
  enemy, matches, won, ROUND(rate, 4) AS win_rate, ROUND(centre - reach, 4) AS low, ROUND(centre + reach, 4) AS high
FROM centred
ORDER BY enemy
