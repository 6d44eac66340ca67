-- key: hour, env, player_id
SELECT hour, env, player_id, CAST(ROUND(score * 1000000) AS INT64) AS score_micros, rank
FROM leaderboard
