-- title: Sessions per user
-- doc: How many sessions does each user have?
-- key: user_id
-- chart: histogram x=sessions
SELECT user_id, COUNT(*) AS sessions
FROM sessions
WHERE env = @env AND user_id IS NOT NULL
GROUP BY user_id
ORDER BY sessions DESC, user_id
