-- title: Enemies fought most
-- doc: Which enemies do users battle against most often?
-- key: enemy
-- chart: bar x=enemy y=battles
SELECT enemy, COUNT(*) AS battles
FROM enter_battle
WHERE enemy IS NOT NULL
GROUP BY enemy
ORDER BY battles DESC, enemy
