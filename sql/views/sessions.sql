-- A player's sessions, stitched over hour borders and midnight by session_id. Events without one belong to no session.
-- A session in which no player was ever known has no player_id. Platform, app_version and country are the first known.
WITH latest AS (
{latest:player_hours}
),
pieces AS (
  SELECT latest.env, IF(latest.anonymous IS TRUE, NULL, latest.player_id) AS player_id, piece
  FROM latest, UNNEST(latest.pieces) AS piece
  WHERE piece.session_id IS NOT NULL
)
SELECT
  env, player_id, session_id, session_start, session_end, events, revenue_micros / 1000000 AS revenue, revenue_micros,
  platform, app_version, country
FROM (
  SELECT
    env, player_id, piece.session_id AS session_id,
    MIN(piece.piece_start) AS session_start, MAX(piece.piece_end) AS session_end,
    SUM(piece.events) AS events, {sum:piece.revenue_micros} AS revenue_micros,
    ARRAY_AGG(piece.platform IGNORE NULLS ORDER BY piece.piece_start, piece.piece_end, piece.platform LIMIT 1)[SAFE_OFFSET(0)] AS platform,
    ARRAY_AGG(piece.app_version IGNORE NULLS ORDER BY piece.piece_start, piece.piece_end, piece.app_version LIMIT 1)[SAFE_OFFSET(0)]
      AS app_version,
    ARRAY_AGG(piece.country IGNORE NULLS ORDER BY piece.piece_start, piece.piece_end, piece.country LIMIT 1)[SAFE_OFFSET(0)] AS country
  FROM pieces
  GROUP BY env, player_id, piece.session_id)
QUALIFY player_id IS NOT NULL OR COUNT(player_id) OVER (PARTITION BY env, session_id) = 0
