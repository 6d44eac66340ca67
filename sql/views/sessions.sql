-- A player's sessions, stitched over hour borders and midnight by session_id. Events without one belong to no session.
WITH latest AS (
{latest:player_hours}
),
pieces AS (
  SELECT latest.env, latest.player_id, piece
  FROM latest, UNNEST(latest.pieces) AS piece
  WHERE piece.session_id IS NOT NULL
),
stitched AS (
  SELECT
    env, player_id, piece.session_id AS session_id,
    MIN(piece.piece_start) AS session_start, MAX(piece.piece_end) AS session_end,
    SUM(piece.events) AS events, SUM(piece.revenue_micros) / 1000000 AS revenue,
    ARRAY_AGG(
      STRUCT(piece.platform AS platform, piece.app_version AS app_version, piece.country AS country)
      ORDER BY piece.piece_start, piece.piece_end, piece.platform, piece.app_version LIMIT 1)[OFFSET(0)] AS first_piece
  FROM pieces
  GROUP BY env, player_id, piece.session_id
)
SELECT
  env, player_id, session_id, session_start, session_end, events, revenue,
  first_piece.platform AS platform, first_piece.app_version AS app_version, first_piece.country AS country
FROM stitched
