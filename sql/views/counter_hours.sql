-- Which of a counter's numbers came in, per hour: one row per coalesced range [seq_from, seq_to].
WITH latest AS (
{latest:counter_hours}
),
ranges AS (
  SELECT latest.env, latest.counter, latest.hour, item.seq_from, item.seq_to
  FROM latest, UNNEST(latest.seq_ranges) AS item
),
reached AS (  -- how far the ranges before this one went
  SELECT *, MAX(seq_to) OVER (
    PARTITION BY env, counter, hour ORDER BY seq_from, seq_to ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
  FROM ranges
),
numbered AS (  -- RANGE: equal ranges, of two runs, are in one stretch, whichever of them the window above took first
  SELECT *, COUNTIF(before IS NULL OR seq_from > before + 1) OVER (
    PARTITION BY env, counter, hour ORDER BY seq_from, seq_to RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS stretch
  FROM reached
),
stretches AS (
  SELECT hour, env, counter, MIN(seq_from) AS seq_from, MAX(seq_to) AS seq_to
  FROM numbered
  GROUP BY hour, env, counter, stretch
),
known AS (
  SELECT
    hour, env, counter,
    ARRAY_AGG(platform IGNORE NULLS ORDER BY COALESCE(platform_at, hour) DESC, last_seq DESC, platform DESC LIMIT 1)[SAFE_OFFSET(0)]
      AS platform,
    ARRAY_AGG(app_version IGNORE NULLS ORDER BY COALESCE(app_version_at, hour) DESC, last_seq DESC, app_version DESC LIMIT 1)[SAFE_OFFSET(0)]
      AS app_version
  FROM (SELECT *, (SELECT MAX(item.seq_to) FROM UNNEST(seq_ranges) AS item) AS last_seq FROM latest)
  GROUP BY hour, env, counter
)
SELECT
  stretches.hour, stretches.env, stretches.counter, known.platform, known.app_version, stretches.seq_from, stretches.seq_to
FROM stretches
JOIN known ON stretches.hour = known.hour AND stretches.counter = known.counter AND stretches.env = known.env
