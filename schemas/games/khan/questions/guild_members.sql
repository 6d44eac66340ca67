-- title: Members of each guild
-- doc: How many members are in each guild? A player who joined two counts in both.
-- key: guild_name
-- chart: bar x=guild_name y=members
SELECT guild_name, COUNT(DISTINCT userid) AS members
FROM guild_events
WHERE event_ts < @as_of
GROUP BY guild_name
ORDER BY members DESC, guild_name
