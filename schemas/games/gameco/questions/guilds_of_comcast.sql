-- title: Guilds that comcast's users prefer
-- doc: Which guild is preferred by users from comcast?
-- key: guild_name
-- chart: bar x=guild_name y=joins
SELECT guild_name, COUNT(*) AS joins
FROM join_guild
WHERE guild_name IS NOT NULL AND host LIKE '%.comcast.com'
GROUP BY guild_name
ORDER BY joins DESC, guild_name
