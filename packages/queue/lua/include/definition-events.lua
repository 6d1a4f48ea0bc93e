--[[
  Which events the scripts write is what the newest definition says (event-policy.lua). `all` is the absence of the field, as in
  queues that no such definition has met. `sluice.events.since` is when it last changed: what happened before was written, or not, by
  another rule.
]]
local function applyEventPolicy(meta, wanted, now)
  local stored = redis.call('HGET', meta, 'sluice.events') or 'all'
  if stored == wanted then return end
  if wanted == 'all' then redis.call('HDEL', meta, 'sluice.events') else redis.call('HSET', meta, 'sluice.events', wanted) end
  redis.call('HSET', meta, 'sluice.events.since', string.format('%.0f', now))
end
