-- title: Guild Membership
-- doc: Players by the guild that they joined last.
-- key: guild_name
-- chart: bar x=members y=guild_name
SELECT guild_name, COUNT(*) AS members
FROM players
WHERE env = @env AND guild_name IS NOT NULL
GROUP BY guild_name
ORDER BY members DESC, guild_name
