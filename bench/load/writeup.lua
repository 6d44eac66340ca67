-- wrk: GET of the write-ups' routes, as their `ab -H "Host: user1.comcast.com"` did, but with random users.
local routes, requests = {"/", "/purchase_a_sword", "/join_a_guild"}, {}

function init()
  math.randomseed(os.time())
  for i = 1, 200 do
    requests[i] = wrk.format("GET", routes[math.random(#routes)], {["Host"] = string.format("user%d.comcast.com", math.random(99999))})
  end
end

function request() return requests[math.random(#requests)] end
