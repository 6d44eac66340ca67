-- title: Player Standings
-- doc: The twenty players of the highest level, and what they brought in. The maximum of each column is highlighted.
-- key: player_id
-- chart: table
SELECT player_id, player_level, balance, sessions, events, ROUND(revenue, 2) AS revenue_usd, country
FROM players
WHERE env = @env
ORDER BY player_level DESC NULLS LAST, events DESC, player_id
LIMIT 20
