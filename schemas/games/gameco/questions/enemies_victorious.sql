-- title: Enemies that defeat users most
-- doc: Which enemy defeats users the most?
-- key: enemy
-- chart: bar x=enemy y=defeats
SELECT enemy, COUNT(*) AS defeats
FROM enter_battle
WHERE outcome = 'lost' AND enemy IS NOT NULL
GROUP BY enemy
ORDER BY defeats DESC, enemy
