-- title: The player
-- doc: As of the last event that arrived.
-- chart: number
SELECT * EXCEPT (player_id)
FROM players
WHERE player_id = @player_id AND env = @env
