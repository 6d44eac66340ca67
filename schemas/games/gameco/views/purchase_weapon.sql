-- Weapons bought: the contract's view, and under the names of the write-up's table its columns host, timestamp and range.
SELECT *, player_id AS host, FORMAT_TIMESTAMP('%F %H:%M:%E3S', event_time) AS `timestamp`, weapon_range AS `range`
FROM {base}
