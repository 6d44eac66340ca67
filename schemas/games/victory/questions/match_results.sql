-- title: Match results
-- doc: How do matches end, with how many points?
-- key: result
-- chart: bar x=result y=matches
SELECT
  result, COUNT(*) AS matches, ROUND(COUNT(*) / SUM(COUNT(*)) OVER (), 4) AS share,
  ROUND(AVG(score), 2) AS average_score, ROUND(AVG(opponent_score), 2) AS average_opponent_score
FROM play_end
WHERE env = @env AND result IS NOT NULL
GROUP BY result
ORDER BY matches DESC, result
