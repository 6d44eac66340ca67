-- title: Gold spent by host domain
-- doc: From which host domain do users spend more gold? The domain is what follows the host's first dot.
-- key: domain
-- chart: bar x=domain y=gold
SELECT SUBSTR(host, STRPOS(host, '.') + 1) AS domain, SUM(gold_cost) AS gold
FROM purchase_weapon
WHERE gold_cost IS NOT NULL AND host IS NOT NULL AND host NOT LIKE 'localhost%'
GROUP BY domain
ORDER BY gold DESC, domain
