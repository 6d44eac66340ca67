-- title: Suspected bots
-- doc: Who plays as no person does, and why we think so: 400 events or more in one hour, or 50 matches or more and every one won.
-- key: player_id, reason
-- chart: table
SELECT player_id, 'superhuman_rate' AS reason, MAX(events) AS evidence
FROM player_hours
WHERE env = @env AND events >= 400
GROUP BY player_id
UNION ALL
SELECT player_id, 'never_loses', COUNT(*)
FROM match_end
WHERE env = @env AND player_id IS NOT NULL
GROUP BY player_id
HAVING COUNT(*) >= 50 AND LOGICAL_AND(outcome = 'won')
ORDER BY player_id, reason
