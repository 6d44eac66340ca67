-- title: Guilds and teams
-- doc: Joined and left, the latest first.
-- key: at
-- chart: table
SELECT event_time AS at, what, name
FROM (
  SELECT event_time, 'joined guild' AS what, guild_name AS name FROM guild_join WHERE env = @env AND player_id = @player_id
  UNION ALL SELECT event_time, 'left guild', guild_name FROM guild_leave WHERE env = @env AND player_id = @player_id
  UNION ALL SELECT event_time, 'joined team', team_name FROM team_join WHERE env = @env AND player_id = @player_id
  UNION ALL SELECT event_time, 'left team', team_name FROM team_leave WHERE env = @env AND player_id = @player_id)
ORDER BY at DESC, what, name
LIMIT 50
