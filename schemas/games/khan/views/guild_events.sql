-- Guilds joined: the write-up's table of that name, and event_id.
SELECT
  event_id, event_time AS event_ts, player_id AS userid, JSON_VALUE(additional_properties, '$.Host') AS Host, event_type,
  description, guild_name
FROM {views}.join_guild
