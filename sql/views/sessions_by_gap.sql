-- A player's sessions: pieces of activity with no more than the contract's session_gap between them. They have no id.
-- In a game without players they are an installation's, and have no player_id. Platform, app_version and country are the first known.
WITH latest AS (
{latest:player_hours}
),
pieces AS (
  SELECT latest.env, latest.anonymous IS TRUE AS anonymous, latest.player_id, piece
  FROM latest, UNNEST(latest.pieces) AS piece
),
reached AS (  -- when the player was last seen before this piece
  SELECT *, MAX(piece.piece_end) OVER (
    PARTITION BY env, anonymous, player_id ORDER BY piece.piece_start, piece.piece_end
    ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
  FROM pieces
),
numbered AS (  -- RANGE: pieces of equal times, of two runs, are in one session, whichever of them the window above took first
  SELECT *, COUNTIF(before IS NULL OR TIMESTAMP_DIFF(piece.piece_start, before, MILLISECOND) > {gap_ms}) OVER (
    PARTITION BY env, anonymous, player_id ORDER BY piece.piece_start, piece.piece_end
    RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS number
  FROM reached
),
stitched AS (
  SELECT
    env, anonymous, player_id, MIN(piece.piece_start) AS session_start, MAX(piece.piece_end) AS session_end,
    SUM(piece.events) AS events, {sum:piece.revenue_micros} AS revenue_micros,
    ARRAY_AGG(piece.platform IGNORE NULLS ORDER BY piece.piece_start, piece.piece_end, piece.platform LIMIT 1)[SAFE_OFFSET(0)] AS platform,
    ARRAY_AGG(piece.app_version IGNORE NULLS ORDER BY piece.piece_start, piece.piece_end, piece.app_version LIMIT 1)[SAFE_OFFSET(0)]
      AS app_version,
    ARRAY_AGG(piece.country IGNORE NULLS ORDER BY piece.piece_start, piece.piece_end, piece.country LIMIT 1)[SAFE_OFFSET(0)] AS country
  FROM numbered
  GROUP BY env, anonymous, player_id, number
)
SELECT
  env, IF(anonymous, NULL, player_id) AS player_id, CAST(NULL AS STRING) AS session_id, session_start, session_end, events,
  revenue_micros / 1000000 AS revenue, revenue_micros, platform, app_version, country
FROM stitched
