-- What happens to a character: the write-up's table of that name, and event_id.
-- Types as constants: a question about one type reads that table alone.
SELECT
  event_id, event_time AS event_ts, player_id AS userid, JSON_VALUE(additional_properties, '$.Host') AS Host,
  'find_treasure' AS event_type, description
FROM {views}.find_treasure
UNION ALL
SELECT
  event_id, event_time AS event_ts, player_id AS userid, JSON_VALUE(additional_properties, '$.Host') AS Host,
  'enemy_attack' AS event_type, description
FROM {views}.enemy_attack
UNION ALL
SELECT
  event_id, event_time AS event_ts, player_id AS userid, JSON_VALUE(additional_properties, '$.Host') AS Host,
  'defeat_enemy' AS event_type, description
FROM {views}.defeat_enemy
