-- Who scored how much in an hour; players with equal scores share a rank.
SELECT hour, env, RANK() OVER (PARTITION BY hour, env ORDER BY score_micros DESC) AS rank, player_id, score
FROM {views}.player_hours
WHERE score_micros > 0
