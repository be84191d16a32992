-- The quota that Redis keeps: one script checks the key's status, its expiry and what is left, takes from it and writes a log entry.
local redis = require "nginx.redis"
local quota = {}

local script = [[
local key = redis.call('HMGET', KEYS[1], 'status', 'expires', 'remaining')
if not key[1] then return {401, 0} end
if key[1] ~= 'active' or tonumber(key[2]) < tonumber(ARGV[2]) then return {403, 0} end
local cost = tonumber(ARGV[1])
if tonumber(key[3]) < cost then return {429, key[3]} end
local remaining = redis.call('HINCRBY', KEYS[1], 'remaining', -cost)
redis.call('XADD', KEYS[2], '*', 'key', KEYS[1], 'cost', cost, 'remaining', remaining, 'request', ARGV[3], 'address', ARGV[4])
return {200, remaining}
]]
local hash

local function run(connection, ...)
  if not hash then
    hash = assert(connection:script("load", script))
  end
  return connection:evalsha(hash, 2, ...)
end

-- What the body asks for; 1 where it does not say
function quota.cost()
  ngx.req.read_body()
  local body = ngx.req.get_body_data()
  return body and tonumber(body:match('"cost"%s*:%s*(%d+)')) or 1
end

-- Takes from the key of the request, and returns what is left; ends the request where it may not
function quota.take(cost)
  local connection = redis:new()
  connection:set_timeout(5000)
  if not connection:connect("127.0.0.1", quota.redis_port) then
    return ngx.exit(503)
  end

  -- Like the service, it does not keep the key itself
  local id = ngx.encode_base64(ngx.sha1_bin(ngx.var.http_x_api_key or ""))
  local answer = run(connection, "key:" .. id, "log", cost, ngx.time(), ngx.var.request_id, ngx.var.remote_addr)
  connection:set_keepalive(60000, 512)
  if not answer then
    return ngx.exit(503)
  end
  if answer[1] ~= 200 then
    return ngx.exit(answer[1])
  end
  return answer[2]
end

return quota
