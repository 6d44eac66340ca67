-- title: Guild Membership
-- doc: How many players each guild has.
-- key: guild_name
-- chart: bar x=guild_name y=members
SELECT guild_name, COUNT(DISTINCT userid) AS members
FROM guild_events
WHERE event_ts < @as_of
GROUP BY guild_name
ORDER BY members DESC, guild_name
