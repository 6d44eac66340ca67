-- title: Wealth, among all players
-- doc: How many players have about as much as this one; the player's own bar is marked.
-- key: wealth_from
-- chart: bar x=wealth_from y=players color=whose
WITH known AS (
  SELECT player_id, balance, DIV(balance, 500) * 500 AS wealth_from FROM players WHERE env = @env AND balance IS NOT NULL
)
SELECT
  wealth_from, COUNT(*) AS players,
  IF(LOGICAL_OR(player_id = @player_id), 'with this player', 'others') AS whose
FROM known
GROUP BY wealth_from
ORDER BY wealth_from
