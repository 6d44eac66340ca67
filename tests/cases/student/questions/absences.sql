-- title: Absences where families get on less well
-- doc: The median of absences for family relations of 3 and below, by sex and relation.
-- key: sex, famrel
WITH ranked AS (
  SELECT
    sex, famrel, absences, ROW_NUMBER() OVER (PARTITION BY sex, famrel ORDER BY absences) AS place,
    COUNT(*) OVER (PARTITION BY sex, famrel) AS n
  FROM students
  WHERE famrel <= 3
)
SELECT sex, famrel, AVG(absences) AS median_absences
FROM ranked
WHERE place IN (DIV((n + 1), 2), DIV(n, 2) + 1)
GROUP BY sex, famrel
ORDER BY sex, famrel
