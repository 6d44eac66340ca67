-- title: Fathers' jobs
-- doc: The three most frequent jobs of fathers, by whether the parents live together.
-- key: pstatus, fjob
SELECT pstatus, fjob, COUNT(*) AS students
FROM students
GROUP BY pstatus, fjob
QUALIFY ROW_NUMBER() OVER (PARTITION BY pstatus ORDER BY COUNT(*) DESC, fjob) <= 3
ORDER BY pstatus, students DESC, fjob
