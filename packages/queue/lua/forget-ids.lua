--[[
  forget-ids: empties buckets of remembered ids, step by step. See include/known-ids.lua.

  KEYS     the buckets
  ARGV     none
  Returns  how many ids it forgot; 0 when none is left

  Count: 0
]]
local FORGET_MAX = 5000

local forgotten = 0
for _, bucket in ipairs(KEYS) do
  local ids = redis.call('HRANDFIELD', bucket, FORGET_MAX - forgotten)
  if #ids > 0 then redis.call('HDEL', bucket, unpack(ids)) end
  forgotten = forgotten + #ids
  if forgotten == FORGET_MAX then break end
end
return forgotten
