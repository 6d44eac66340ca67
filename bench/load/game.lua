-- wrk: POST of the game API's routes as random users, known by their Host header.
local requests = {}
local attributes = {
  ["/purchase_a_weapon"] = '{"weapon_type": "sword"}',
  ["/join_a_guild"] = '{"guild_name": "knights"}',
  ["/enter_a_battle"] = '{"enemy": "Exodus", "outcome": "won"}',
}

function init()
  math.randomseed(os.time())
  local routes = {}
  for route in pairs(attributes) do table.insert(routes, route) end
  for i = 1, 200 do
    local route = routes[math.random(#routes)]
    requests[i] = wrk.format("POST", route, {["Host"] = string.format("user%d.comcast.com", math.random(99999))}, attributes[route])
  end
end

function request() return requests[math.random(#requests)] end
