-- title: Absences where families get on less well, by sex
-- doc: The median of absences for family relations of 3 and below, by sex alone.
-- key: sex
WITH ranked AS (
  SELECT
    sex, absences, ROW_NUMBER() OVER (PARTITION BY sex ORDER BY absences) AS place, COUNT(*) OVER (PARTITION BY sex) AS n
  FROM students
  WHERE famrel <= 3
)
SELECT sex, AVG(absences) AS median_absences
FROM ranked
WHERE place IN (DIV((n + 1), 2), DIV(n, 2) + 1)
GROUP BY sex
ORDER BY sex
