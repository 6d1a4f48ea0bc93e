-- The hash that remembers an id: that of the first byte of its SHA-1; see known-ids.lua.
local function bucketOf(prefix, id)
  return prefix .. 'sluice:ids:' .. string.sub(redis.sha1hex(id), 1, 2)
end
