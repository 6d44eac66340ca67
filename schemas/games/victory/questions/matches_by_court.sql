-- title: Matches by court
-- doc: How often is each court played, and how often won?
-- key: court
-- chart: bar x=court y=matches
SELECT court, COUNT(*) AS matches, COUNTIF(result = 'won') AS won, ROUND(COUNTIF(result = 'won') / COUNT(*), 4) AS share_won
FROM play_end
WHERE env = @env AND court IS NOT NULL AND result IS NOT NULL
GROUP BY court
ORDER BY matches DESC, court
