-- title: Travel time in the country
-- doc: Which travel time is the most frequent among students who live in rural areas?
-- key: traveltime
SELECT traveltime, COUNT(*) AS students
FROM students
WHERE address = 'r'
GROUP BY traveltime
ORDER BY students DESC, traveltime
LIMIT 1
