--[[
  read-job-events: the events of one job among those that its queue keeps, looking at so many entries of the stream, the oldest
  first. Of an event only what says where the job went: no payload, no result, no message.

  KEYS     events
  ARGV[1]  the job's id
  ARGV[2]  where it begins: the id of an entry, `(` before it for the one behind it
  ARGV[3]  the most entries to look at
  Returns  { for each event its entry's id, its name, what the job was before or false, its delay or false; how many were looked at;
             the last entry's id, or false at the end of the stream }

  Count: 0, reads
]]
local events = unpack(KEYS)
local id, from, most = unpack(ARGV)
most = tonumber(most)

local found = {}
local entries = redis.call('XRANGE', events, from, '+', 'COUNT', most)
for _, entry in ipairs(entries) do
  local fields = {}
  for i = 1, #entry[2], 2 do fields[entry[2][i]] = entry[2][i + 1] end
  if fields.jobId == id then
    found[#found + 1] = { entry[1], fields.event or '', fields.prev or false, fields.delay or false }
  end
end
return { found, #entries, #entries == most and entries[#entries][1] or false }
