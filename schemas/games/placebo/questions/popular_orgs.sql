-- title: Most popular guilds and teams
-- doc: Which team or guild is most popular, by how it was joined?
-- key: event_type, org
-- chart: bar x=org y=joins color=event_type
SELECT event_type, org, COUNT(*) AS joins
FROM social
GROUP BY event_type, org
ORDER BY joins DESC, event_type, org
