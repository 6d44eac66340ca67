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

local function join(rule, before, value)
  local group = prefix .. ':group:' .. rule.field .. ':' .. env .. ':'
  if before then redis.call('SREM', group .. before, player) end
  if value == 'null' then return end
  redis.call('SADD', group .. value, player)
  if redis.call('SCARD', group .. value) >= rule.members then
    -- everybody once, when the group fills; from then on only who joins: a large group would be walked at every join
    local fills = redis.call('SADD', prefix .. ':full:' .. rule.name .. ':' .. env, value) == 1
    for _, member in ipairs(fills and redis.call('SMEMBERS', group .. value) or {player}) do tell(rule, member, cjson.decode(value)) end
  end
end

redis.call('ZADD', seen, 'GT', ARGV[5], ARGV[4])
local places = {}
for i = 7, #ARGV, 3 do places[#places + 1] = ARGV[i] .. '@' end
local known, newer = redis.call('HMGET', player_key, unpack(places)), {}
for n, place in ipairs(places) do
  local name, order, value = ARGV[3 * n + 4], ARGV[3 * n + 5], ARGV[3 * n + 6]
  if not known[n] or known[n] < order then
    for _, rule in ipairs(rules) do
      if rule.field == name then join(rule, redis.call('HGET', player_key, name), value) end
    end
    for _, part in ipairs({name, value, place, order}) do newer[#newer + 1] = part end
  end
end
if #newer > 0 then redis.call('HSET', player_key, unpack(newer)) end
