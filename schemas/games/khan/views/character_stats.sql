-- Changes of a character's level, attack, defense and health: the write-up's table of that name, and event_id.
-- Types as constants: a question about one type reads that table alone.
SELECT
  event_id, event_time AS event_ts, player_id AS userid, JSON_VALUE(additional_properties, '$.Host') AS Host,
  'level_up' AS event_type, description, level, attack, defense, health
FROM {views}.level_up
UNION ALL
SELECT
  event_id, event_time AS event_ts, player_id AS userid, JSON_VALUE(additional_properties, '$.Host') AS Host,
  'take_potion' AS event_type, description, level, attack, defense, health
FROM {views}.take_potion
