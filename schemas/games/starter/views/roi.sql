-- What advertising cost and brought, by day of install, media source, campaign and country. Spend that matches no install, and
-- installs that nobody paid for, are lines of their own: the sum of cost is the feed's. D1, D7, D30: money within so many days
-- of the install, in millionths; null while such a day is not final yet.
WITH installs AS (
  SELECT
    player_id, event_time AS installed, DATE(event_time, '{time_zone}') AS day, LOWER(media_source) AS media_source, campaign, country
  FROM {views}.register
  WHERE env = 'live' AND player_id IS NOT NULL
  QUALIFY ROW_NUMBER() OVER (PARTITION BY player_id ORDER BY event_time, event_id) = 1
),
paid AS (
  SELECT player_id, event_time, micros FROM {views}.money WHERE env = 'live'
),
brought AS (
  SELECT
    installs.player_id,
    {sum:IF(TIMESTAMP_DIFF(paid.event_time, installed, DAY) < 1, micros, 0)} AS d1_micros,
    {sum:IF(TIMESTAMP_DIFF(paid.event_time, installed, DAY) < 7, micros, 0)} AS d7_micros,
    {sum:IF(TIMESTAMP_DIFF(paid.event_time, installed, DAY) < 30, micros, 0)} AS d30_micros,
    {sum:micros} AS micros
  FROM installs
  JOIN paid ON installs.player_id = paid.player_id
  GROUP BY installs.player_id
),
cohorts AS (
  SELECT
    day, media_source, campaign, country, COUNT(*) AS installs, {sum:COALESCE(d1_micros, 0)} AS d1_micros,
    {sum:COALESCE(d7_micros, 0)} AS d7_micros, {sum:COALESCE(d30_micros, 0)} AS d30_micros,
    {sum:COALESCE(micros, 0)} AS revenue_micros
  FROM installs
  LEFT JOIN brought ON installs.player_id = brought.player_id
  GROUP BY day, media_source, campaign, country
),
spend AS (
  SELECT
    day, media_source, campaign, country, {sum:{micros:cost_usd}} AS cost_micros
  FROM {views}.cost
  GROUP BY day, media_source, campaign, country
),
settled AS (
  SELECT MAX(day) AS last FROM {views}.data_status WHERE env = 'live' AND event_type IS NULL AND is_final
)
SELECT
  COALESCE(cohorts.day, spend.day) AS day, COALESCE(cohorts.media_source, spend.media_source) AS media_source,
  COALESCE(cohorts.campaign, spend.campaign) AS campaign, COALESCE(cohorts.country, spend.country) AS country,
  CASE WHEN spend.day IS NULL THEN 'installs without spend' WHEN cohorts.day IS NULL THEN 'spend without installs' ELSE 'matched' END AS line,
  COALESCE(spend.cost_micros, 0) AS cost_micros, COALESCE(cohorts.installs, 0) AS installs,
  COALESCE(cohorts.revenue_micros, 0) AS revenue_micros,
  IF(DATE_DIFF(settled.last, COALESCE(cohorts.day, spend.day), DAY) >= 1, COALESCE(cohorts.d1_micros, 0), NULL) AS d1_micros,
  IF(DATE_DIFF(settled.last, COALESCE(cohorts.day, spend.day), DAY) >= 7, COALESCE(cohorts.d7_micros, 0), NULL) AS d7_micros,
  IF(DATE_DIFF(settled.last, COALESCE(cohorts.day, spend.day), DAY) >= 30, COALESCE(cohorts.d30_micros, 0), NULL) AS d30_micros
FROM cohorts
FULL JOIN spend
  ON cohorts.day = spend.day AND cohorts.media_source = spend.media_source
  AND COALESCE(cohorts.campaign, '') = COALESCE(spend.campaign, '') AND COALESCE(cohorts.country, '') = COALESCE(spend.country, '')
CROSS JOIN settled
