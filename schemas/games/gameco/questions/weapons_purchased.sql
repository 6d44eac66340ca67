-- title: Weapons bought most
-- doc: Which weapon is bought most?
-- key: weapon_type
-- chart: bar x=weapon_type y=purchases
SELECT weapon_type, COUNT(*) AS purchases
FROM purchase_weapon
WHERE weapon_type IS NOT NULL
GROUP BY weapon_type
ORDER BY purchases DESC, weapon_type
