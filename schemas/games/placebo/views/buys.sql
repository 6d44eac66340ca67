-- Swords and spells asked for: the write-up's table of that name, and event_id and event_time.
SELECT
  event_id, raw_event, FORMAT_TIMESTAMP('%F %H:%M:%E3S', COALESCE(received_time, arrival_time)) AS spk_ts,
  JSON_VALUE(additional_properties, '$.Accept') AS accept, JSON_VALUE(additional_properties, '$.Host') AS host,
  JSON_VALUE(additional_properties, '$."User-Agent"') AS user_agent,
  FORMAT_TIMESTAMP('%F %H:%M:%E3S', event_time) AS `timestamp`, event_time, event_type, player_id AS user_id, status,
  item_type AS type, cost, FORMAT_TIMESTAMP('%F %H:%M:%E3S', player_created) AS player_created, player_wealth, player_num_items
FROM {views}.buy_sword
UNION ALL
SELECT
  event_id, raw_event, FORMAT_TIMESTAMP('%F %H:%M:%E3S', COALESCE(received_time, arrival_time)) AS spk_ts,
  JSON_VALUE(additional_properties, '$.Accept') AS accept, JSON_VALUE(additional_properties, '$.Host') AS host,
  JSON_VALUE(additional_properties, '$."User-Agent"') AS user_agent,
  FORMAT_TIMESTAMP('%F %H:%M:%E3S', event_time) AS `timestamp`, event_time, event_type, player_id AS user_id, status,
  item_type AS type, cost, FORMAT_TIMESTAMP('%F %H:%M:%E3S', player_created) AS player_created, player_wealth, player_num_items
FROM {views}.buy_spell
