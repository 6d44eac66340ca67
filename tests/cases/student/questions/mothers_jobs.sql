-- title: Mothers' jobs
-- doc: Which jobs do the mothers of male students under 20 have?
-- key: mjob
SELECT DISTINCT mjob
FROM students
WHERE sex = 'm' AND age < 20 AND mjob IS NOT NULL
ORDER BY mjob
