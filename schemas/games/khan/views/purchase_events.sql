-- Swords, shields and potions bought: the write-up's table of that name, and event_id.
-- Types as constants: a question about one type reads that table alone.
SELECT
  event_id, event_time AS event_ts, player_id AS userid, JSON_VALUE(additional_properties, '$.Host') AS Host,
  'purchase_sword' AS event_type, item_type, description, amount_purchased, price
FROM {views}.purchase_sword
UNION ALL
SELECT
  event_id, event_time AS event_ts, player_id AS userid, JSON_VALUE(additional_properties, '$.Host') AS Host,
  'purchase_shield' AS event_type, item_type, description, amount_purchased, price
FROM {views}.purchase_shield
UNION ALL
SELECT
  event_id, event_time AS event_ts, player_id AS userid, JSON_VALUE(additional_properties, '$.Host') AS Host,
  'purchase_potion' AS event_type, item_type, description, amount_purchased, price
FROM {views}.purchase_potion
