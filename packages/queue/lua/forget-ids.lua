--[[
  forget-ids: empties buckets of remembered ids, step by step. See known-ids.lua.

  KEYS  the buckets
  Answer: how many ids it forgot; 0 when none is left
]]
local FORGET_MOST = 5000

local forgotten = 0
for _, bucket in ipairs(KEYS) do
  local ids = redis.call('HRANDFIELD', bucket, FORGET_MOST - forgotten)
  if #ids > 0 then redis.call('HDEL', bucket, unpack(ids)) end
  forgotten = forgotten + #ids
  if forgotten == FORGET_MOST then break end
end
return forgotten
