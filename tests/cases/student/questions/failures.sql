-- title: Failed classes
-- doc: How many failed classes are the most frequent, by size of family?
-- key: famsize
SELECT famsize, failures, COUNT(*) AS students
FROM students
GROUP BY famsize, failures
QUALIFY ROW_NUMBER() OVER (PARTITION BY famsize ORDER BY COUNT(*) DESC, failures) = 1
ORDER BY famsize
