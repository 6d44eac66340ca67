-- key: env, player_id
SELECT env, player_id, first_seen, last_seen, events, CAST(ROUND(revenue * 1000000) AS INT64) AS revenue_micros
FROM players
