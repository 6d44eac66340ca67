-- key: player_id, reason
SELECT DISTINCT player_id, 'superhuman_rate' AS reason
FROM player_hours
WHERE events >= 400
