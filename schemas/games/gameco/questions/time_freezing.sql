-- title: Holders of Time Freezing
-- doc: Which users have acquired the special power Time Freezing, how often, and since when?
-- key: host
-- chart: table
SELECT host, COUNT(*) AS times, MIN(event_time) AS since
FROM join_guild
WHERE special_power = 'Time Freezing' AND host IS NOT NULL
GROUP BY host
ORDER BY host
