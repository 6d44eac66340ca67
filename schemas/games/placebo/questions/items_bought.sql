-- title: Items by status and type
-- doc: How many items of each type were bought, and how many refused?
-- key: status, type
-- chart: bar x=type y=items color=status
SELECT status, type, COUNT(*) AS items
FROM buys
GROUP BY status, type
ORDER BY status, items DESC, type
