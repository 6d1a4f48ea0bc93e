--[[
  Crashes that are evidence against nobody (docs/leases.md, "Evidence against nobody"): the process was draining, so the one who asked it to end has killed it;
  or another process of the same machine died with it, so the machine is the likely cause. One job cannot have killed both: it
  would have been given back between the two no sooner than a lease after the first one.

  A job may be hit by the machine's end so often in a row. Then its crashes count as others do, or two poison jobs whose workers
  are always restarted together would never be found.
]]
local MACHINE_EXCUSES = 3

local function readHeartbeats(key, processOf)
  local known, flat = {}, redis.call('ZRANGE', key, 0, -1, 'WITHSCORES')
  for i = 1, #flat, 2 do
    local pool, machine, process, state = string.match(flat[i], '^(%S+) (%S+) (%S+) (%S+)$')
    if pool then
      known[#known + 1] = {
        pool = pool, worker = processOf(pool), machine = machine, process = process, drains = state == 'drains',
        atMs = tonumber(flat[i + 1]),
      }
    end
  end
  return known
end

-- What is known of the end of each crashed process: { atMs, machine, process, drains, otherCause?, isUnsettled }; `isUnsettled`: what else
-- died with it shows a little later. `crashed`: a set of processes; `windowMs`: how long apart two may have died for the same reason.
local function findExcuses(key, crashed, windowMs, processOf, heartbeatOf)
  local ends = {}
  if not next(crashed) then return ends end
  local known = readHeartbeats(key, processOf)
  for _, pool in ipairs(known) do
    if crashed[pool.worker] then
      local last = ends[pool.worker] or { atMs = 0, drains = false }
      last.machine, last.process, last.drains = pool.machine, pool.process, last.drains or pool.drains
      last.atMs = math.max(last.atMs, pool.atMs)
      ends[pool.worker] = last
    end
  end
  for _, last in pairs(ends) do
    if last.drains then last.otherCause = 'drain' end
    for _, other in ipairs(known) do
      if not last.drains and other.machine == last.machine and other.process ~= last.process
        and math.abs(other.atMs - last.atMs) <= windowMs then
        if heartbeatOf(other.pool) then last.isUnsettled = true else last.otherCause = 'machine' end
      end
    end
  end
  return ends
end

-- Whether the machine's end excuses this crash of a job, too, whose earlier ones are these.
local function mayBlameMachine(crashes)
  local inRow = 0
  for i = #crashes, 1, -1 do
    if type(crashes[i]) ~= 'table' or crashes[i][4] ~= 'machine' then break end
    inRow = inRow + 1
  end
  return inRow < MACHINE_EXCUSES
end
