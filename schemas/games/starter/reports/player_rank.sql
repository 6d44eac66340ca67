-- title: Rank
-- doc: 1 is the highest; players with equal figures share a rank.
-- chart: number
SELECT level_rank, wealth_rank, revenue_rank, players
FROM (
  SELECT
    player_id, RANK() OVER (ORDER BY COALESCE(player_level, 0) DESC) AS level_rank, RANK() OVER (ORDER BY COALESCE(balance, 0) DESC) AS wealth_rank,
    RANK() OVER (ORDER BY COALESCE(revenue, 0) DESC) AS revenue_rank, COUNT(*) OVER () AS players
  FROM players
  WHERE env = @env)
WHERE player_id = @player_id
