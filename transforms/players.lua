-- One player's last known values, and what follows from them, at once: groups that became full, and when the player was last seen.
-- KEYS: the player's hash; all players, by the time they were last seen; the stream of notifications.
-- ARGV: the game's prefix of keys, the env, the player, both as JSON, the time of the last event (ms), rules on groups (JSON),
-- then name, order, value …
local player_key, seen, stream = unpack(KEYS)
local prefix, env, player = ARGV[1], ARGV[2], ARGV[3]
local rules = cjson.decode(ARGV[6])

local function tell(rule, member, value)
  if redis.call('SADD', prefix .. ':told:' .. rule.name .. ':' .. env, member) == 1 then
    local message = {notification_id = rule.name .. '/' .. env .. '/' .. member, rule = rule.name, env = env, player_id = member,
                     text = rule.text, value = value}
    redis.call('XADD', stream, '*', 'action', cjson.encode(message), 'facts', '')
  end
end

redis.call('ZADD', seen, 'GT', ARGV[5], ARGV[4])
for i = 7, #ARGV, 3 do
  local name, order, value = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  local known = redis.call('HGET', player_key, name .. '@')
  if not known or known < order then
    local before = redis.call('HGET', player_key, name)
    redis.call('HSET', player_key, name, value, name .. '@', order)
    for _, rule in ipairs(rules) do
      if rule.field == name then
        local group = prefix .. ':group:' .. name .. ':' .. env .. ':'
        if before then redis.call('SREM', group .. before, player) end
        redis.call('SADD', group .. value, player)
        if redis.call('SCARD', group .. value) >= rule.members then
          for _, member in ipairs(redis.call('SMEMBERS', group .. value)) do tell(rule, member, cjson.decode(value)) end
        end
      end
    end
  end
end
