-- title: Wealth of those who join
-- doc: What is the average wealth of players joining each organization, before they paid for it?
-- key: org
-- chart: bar x=org y=average_wealth
SELECT org, ROUND(AVG(player_wealth), 2) AS average_wealth, COUNT(*) AS joins
FROM social
GROUP BY org
ORDER BY org
