-- What an account held after each event that tells it; what an event does not tell is null.
-- BigQuery stores an untold list as an empty one: whether an empty one was told, the message itself says.
SELECT
  event_id, event_time, user_id,
  player_wealth - IF(status = 'approved_purchase', cost, 0) AS wealth,
  player_num_items + IF(status = 'approved_purchase', 1, 0) AS items, CAST(NULL AS INT64) AS orgs
FROM {views}.buys
UNION ALL
SELECT
  event_id, event_time, user_id,
  player_wealth - IF(status = 'denied_join', 0, cost), CAST(NULL AS INT64),
  player_num_affiliations + IF(status = 'denied_join', 0, 1)
FROM {views}.social
UNION ALL
SELECT
  event_id, event_time, player_id, wealth,
  CASE WHEN ARRAY_LENGTH(inventory) > 0 THEN ARRAY_LENGTH(inventory)
    WHEN STARTS_WITH(JSON_QUERY(raw_event, '$.meta.inventory'), '[') THEN 0 END,
  CASE WHEN ARRAY_LENGTH(affiliations) > 0 THEN ARRAY_LENGTH(affiliations)
    WHEN STARTS_WITH(JSON_QUERY(raw_event, '$.meta.affiliations'), '[') THEN 0 END
FROM (
  SELECT event_id, event_time, player_id, wealth, inventory, affiliations, raw_event FROM {views}.create_user
  UNION ALL
  SELECT event_id, event_time, player_id, wealth, inventory, affiliations, raw_event FROM {views}.view_user_data
)
