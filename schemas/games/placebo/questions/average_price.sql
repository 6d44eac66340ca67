-- title: Average price of each item
-- doc: What is the average price paid for each type of item?
-- key: type
-- chart: bar x=type y=average_price
SELECT type, ROUND(CAST(SUM(CAST(ROUND(cost * 1000000) AS BIGNUMERIC)) AS FLOAT64) / 1000000 / COUNT(cost), 2) AS average_price, COUNT(*) AS items
FROM buys
WHERE status = 'approved_purchase'
GROUP BY type
ORDER BY type
