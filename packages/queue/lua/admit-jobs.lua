--- @include "reply-cache"
--- @include "admission-queue"
--- @include "admission-jobs"
--- @include "admit-batch"

--[[
  admit-jobs: counts the unfinished jobs, checks the bound and adds a batch of jobs, in one atomic call. No put gets capacity
  for which an earlier one waits: see waiter-queue.lua.

  Everything is read and decided before the first write, because a Lua error rolls nothing back. Plain jobs take the fast path
  (see add-plain-jobs.lua), all others BullMQ's own scripts, so that the stored layout is BullMQ's to the byte.

  KEYS[15 * q - 14 …]  the keys of queue q, q from 1: wait, active, prioritized, delayed, waiting-children, paused,
                       meta, id, completed, events, marker, pc, failed, sluice:waiters, sluice:tickets
  KEYS[last]           with a run: where its reply is cached, see reply-cache.lua
  ARGV[1]              JSON { run?, windowMs, mode, isolated?, isFlow?, capacities, prefixes, ticket?, drop?, options, entries, releases }
                         run         number of this call in its request-id slot; sent twice, it gets its first reply
                         windowMs    how long that reply is cached at least
                         mode        'each': admit in order as far as there is free capacity; 'all': all or none
                         isolated    with 'each': what makes Redis or BullMQ's script fail fails alone
                         isFlow      with 'all': one put of ours. It is known by its first job, and then nothing is added; it is
                                     refused when another id of it is taken
                         capacities  per queue, for one that has no number in Redis (see capacity.lua); 0 for unbounded
                         prefixes    per queue, what its jobs' keys start with
                         ticket      { name, arrival?, lifeMs, most }: jobs of queue 1 that find no free capacity wait under
                                     this name, ordered by its arrival; at most `most` tickets wait
                         drop        { code, reasons (by policy), count, ageMs }: for entries that evict another job,
                                     the code and reason of that dead letter, how many are kept and how long; see
                                     evict-jobs.lua
                         options     what compact entries share: { name, and the options as JSON in three pieces: before the
                                     id, before the digest, the rest }
                         entries     compact, of queue 1: [id, at, index of its options, digest, isNew, drop?]; isNew is 1
                                     when the id was generated for this call and need not be looked up
                                     for BullMQ's script: { q, script, keys (indexes into the 15), digest?, drop?, dedupe? }
                                     drop: the policy by which it evicts another job when no capacity is free
                                     dedupe: the mode of a put of ours with a deduplication key
                         idWindows   how long ids of callers are known, see look-up-id.lua; with entries that have a digest
                         releases    parents to check once all are in (flows)
  ARGV[2 …]            for each entry in turn. Compact: data; else BullMQ's packed arguments, data, packed options

  Returns JSON { entries, ids?, nexts?, stored?, dropped?, failures?, depths, capacities, needs?, arrival?, ahead, ended?, isUnclaimed? }
    entries     runs of equal decisions, [decision, how many]: created, duplicate (the id exists), conflict (the id exists
                with another payload), deduplicated, full, too-many-waiters (full, and as many tickets wait as may),
                nothing-to-drop (full, and no job that it may evict), sealed, orphan (its parent is not there), skipped,
                failed (alone)
    ids         [index of the entry, id or code] for those whose id the caller does not know
    nexts       [index of the entry, id of the job that will follow the one that it was joined to]
    stored      [index of the entry, name, version, data] of duplicates whose digest was never stored
    dropped     [index of the entry, id of the job that it evicted, its contract]
    failures    [index of the entry, error] of those that failed
    depths      per queue, before this call; capacities: 0 for unbounded
    needs       when anything was refused: per queue, how many jobs it would have had to take
    arrival     with a ticket that waits: when it arrived; ahead: how many tickets are before it, or before a newcomer
    ended       when anything was refused: how many jobs of the full queue ended in the last ten seconds, as far as they are kept
    isUnclaimed a queue had no number in Redis, see capacity.lua

  Count: +1 for each entry that is created, −1 for each job that one evicted; 0 for all others. Never above the capacity
]]
local header = cjson.decode(ARGV[1])
local replyKey = header.run and KEYS[#header.capacities * KEYS_PER_QUEUE + 1]

if header.run then
  local reply = cachedReply(replyKey, header.run)
  if reply then return reply end
end
local queues = {}
for q = 1, #header.capacities do queues[q] = readQueue(header, q, KEYS) end
local reply = admitBatch(header, queues, readJobs(queues, header))
if header.run then cacheReply(replyKey, header.run, reply, header.windowMs * 2) end
return reply
