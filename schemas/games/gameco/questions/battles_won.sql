-- title: Battles won
-- doc: Which share of their battles do users win?
-- key: outcome
-- chart: pie x=outcome y=battles
SELECT outcome, COUNT(*) AS battles, ROUND(COUNT(*) / SUM(COUNT(*)) OVER (), 4) AS share
FROM enter_battle
WHERE outcome IS NOT NULL
GROUP BY outcome
ORDER BY battles DESC, outcome
