-- wrk: POST /v1/events as random users. Environment: KEY, BATCH (events in a request), NOW (ms).
local batch, now, bodies = tonumber(os.getenv("BATCH")), os.getenv("NOW"), {}

local function event(user, n)
  return string.format('{"event_id":"%08x-%08x","event_type":"login","event_time":%s,"env":"live","platform":"android",' ..
    '"app_version":"1.4.1","install_id":"i-%06d","seq":%d,"player_id":"p-%06d","session_id":"s-%06d","country":"DE"}',
    math.random(0, 2^31), n, now, user, n, user, user)
end

function init()
  math.randomseed(os.time())
  for i = 1, 200 do
    local events = {}
    for n = 1, batch do events[n] = event(math.random(0, 99999), n) end
    bodies[i] = wrk.format("POST", "/v1/events", {["Authorization"] = "Bearer " .. os.getenv("KEY"), ["Content-Type"] = "application/json"},
      "[" .. table.concat(events, ",") .. "]")
  end
end

function request() return bodies[math.random(#bodies)] end
