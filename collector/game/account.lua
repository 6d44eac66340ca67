-- One action of one player: checked, carried out, and noted in the outbox, at once or not at all.
-- KEYS: account (hash), items (list), affiliations (hash), password, outbox (stream).
-- ARGV: the action (JSON), the password's hash or '', the most entries that the outbox may hold.
-- Returns JSON: {refused = why}, or the facts that the action's events are made of.
local account, items, affiliations, password, outbox = unpack(KEYS)
local action = cjson.decode(ARGV[1])
local refused = function(why) return cjson.encode({refused = why}) end

if redis.call('XLEN', outbox) >= tonumber(ARGV[3]) then return refused('busy') end
local known = redis.call('EXISTS', account) == 1
if action.create then
  if known then return refused('exists') end
  for name, value in pairs(action.create) do redis.call('HSET', account, name, value) end
  redis.call('SET', password, ARGV[2])
elseif action.known and not known then
  return refused('unknown')
end

local before = {
  wealth = redis.call('HGET', account, 'wealth'),
  items = redis.call('LLEN', items),
  affiliations = redis.call('HLEN', affiliations),
}
if action.item and before.items >= action.most_items then return refused('full') end
if action.affiliation and before.affiliations >= action.most_affiliations
  and redis.call('HEXISTS', affiliations, action.affiliation.org) == 0 then return refused('full') end
for name, least in pairs(action.needs or {}) do
  if tonumber(redis.call('HGET', account, name) or 0) < least then return refused('none') end
end

-- Money is whole millionths: a double holds them exactly up to 2^53, and HINCRBY adds them as 64-bit integers.
local approved = true
if action.cost then
  local wealth, cost = tonumber(before.wealth), tonumber(action.cost)
  if cost == 0 then approved = true
  elseif action.debt then approved = wealth >= 0
  else approved = cost <= wealth end
end
if approved then
  if action.cost and action.cost ~= '0' then redis.call('HINCRBY', account, 'wealth', '-' .. action.cost) end
  if action.item then redis.call('RPUSH', items, action.item) end
  if action.affiliation then redis.call('HSET', affiliations, action.affiliation.org, cjson.encode(action.affiliation)) end
  for name, value in pairs(action.gains or {}) do redis.call('HINCRBY', account, name, value) end
  for name, value in pairs(action.sets or {}) do redis.call('HSET', account, name, value) end
end

local facts = cjson.encode({
  before = before,
  approved = approved,
  account = redis.call('HGETALL', account),
  items = redis.call('LRANGE', items, 0, -1),
  affiliations = redis.call('HVALS', affiliations),
})
redis.call('XADD', outbox, '*', 'action', ARGV[1], 'facts', facts)
return facts
