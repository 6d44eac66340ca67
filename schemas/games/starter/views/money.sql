-- Money in and out, in millionths of a USD: purchases, what advertisements earned, and refunds, which are negative.
SELECT
  event_id, event_time, DATE(event_time, '{time_zone}') AS day, env, player_id, 'purchase' AS kind,
  CAST(ROUND(price_usd * 1000000) AS INT64) AS micros
FROM {views}.purchase
UNION ALL
SELECT event_id, event_time, DATE(event_time, '{time_zone}'), env, player_id, 'ad', CAST(ROUND(revenue_usd * 1000000) AS INT64)
FROM {views}.ad_impression
UNION ALL
SELECT event_id, event_time, DATE(event_time, '{time_zone}'), env, player_id, 'refund', -CAST(ROUND(price_usd * 1000000) AS INT64)
FROM {views}.refund
