-- What an account held after each event that tells it; what an event does not tell is null.
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
SELECT event_id, event_time, player_id, wealth, ARRAY_LENGTH(inventory), ARRAY_LENGTH(affiliations)
FROM {views}.create_user
UNION ALL
SELECT event_id, event_time, player_id, wealth, ARRAY_LENGTH(inventory), ARRAY_LENGTH(affiliations)
FROM {views}.view_user_data
