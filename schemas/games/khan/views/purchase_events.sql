-- Swords, shields and potions bought: the write-up's table of that name, and event_id.
SELECT
  event_id, event_time AS event_ts, player_id AS userid, JSON_VALUE(additional_properties, '$.Host') AS Host, event_type,
  item_type, description, amount_purchased, price
FROM {views}.purchase_sword
UNION ALL
SELECT
  event_id, event_time AS event_ts, player_id AS userid, JSON_VALUE(additional_properties, '$.Host') AS Host, event_type,
  item_type, description, amount_purchased, price
FROM {views}.purchase_shield
UNION ALL
SELECT
  event_id, event_time AS event_ts, player_id AS userid, JSON_VALUE(additional_properties, '$.Host') AS Host, event_type,
  item_type, description, amount_purchased, price
FROM {views}.purchase_potion
