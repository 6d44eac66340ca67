-- Money in and out, in millionths of a USD: purchases, what advertisements earned, and refunds, which are negative.
-- Each amount is rounded, halves away from zero, and sums are of these integers: SUM(CAST(micros AS BIGNUMERIC)) cannot overflow.
SELECT
  event_id, event_time, DATE(event_time, '{time_zone}') AS day, env, player_id, 'purchase' AS kind,
  {micros:price_usd} AS micros
FROM {views}.purchase
UNION ALL
SELECT event_id, event_time, DATE(event_time, '{time_zone}'), env, player_id, 'ad', {micros:revenue_usd}
FROM {views}.ad_impression
UNION ALL
SELECT event_id, event_time, DATE(event_time, '{time_zone}'), env, player_id, 'refund', -{micros:price_usd}
FROM {views}.refund
