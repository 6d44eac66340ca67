-- A player's sessions: pieces of activity with no more than the contract's session_gap between them. They have no id.
WITH latest AS (
{latest:player_hours}
),
pieces AS (
  SELECT latest.env, latest.player_id, piece
  FROM latest, UNNEST(latest.pieces) AS piece
),
reached AS (  -- when the player was last seen before this piece
  SELECT *, MAX(piece.piece_end) OVER (
    PARTITION BY env, player_id ORDER BY piece.piece_start, piece.piece_end
    ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
  FROM pieces
),
numbered AS (
  SELECT *, COUNTIF(before IS NULL OR TIMESTAMP_DIFF(piece.piece_start, before, MILLISECOND) > {gap_ms}) OVER (
    PARTITION BY env, player_id ORDER BY piece.piece_start, piece.piece_end
    ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS number
  FROM reached
),
stitched AS (
  SELECT
    env, player_id, MIN(piece.piece_start) AS session_start, MAX(piece.piece_end) AS session_end,
    SUM(piece.events) AS events, SUM(piece.revenue_micros) / 1000000 AS revenue,
    ARRAY_AGG(
      STRUCT(piece.platform AS platform, piece.app_version AS app_version, piece.country AS country)
      ORDER BY piece.piece_start, piece.piece_end, piece.platform, piece.app_version LIMIT 1)[OFFSET(0)] AS first_piece
  FROM numbered
  GROUP BY env, player_id, number
)
SELECT
  env, player_id, CAST(NULL AS STRING) AS session_id, session_start, session_end, events, revenue,
  first_piece.platform AS platform, first_piece.app_version AS app_version, first_piece.country AS country
FROM stitched
