-- key: env, player_id
SELECT env, player_id, first_seen, last_seen, events, revenue_micros
FROM players
