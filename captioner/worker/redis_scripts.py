"""What has to happen in Redis at one blow: Lua, which the server runs as one step."""

from __future__ import annotations

from typing import Final

FREE: Final = "free"
"""The consumer that holds what was given back."""
WINDOW: Final = 1000
"""How many entries are looked at when some of them are to be found."""

RESCUE: Final = f"""
-- KEYS stream; ARGV group, me, how many, idle ms that tell a dead worker, id to look behind, tries,
-- which suspects are welcome: 'all', 'some' (none on its last try) or 'none'.
-- Takes what was given back, and what dead workers held: {{id, deliveries, {{name, value, …}}}}.
-- With an entry died all that its worker held. So that none of these is taken for the culprit, one
-- on its last try is worked on while its worker has no other suspect. Also returns how many wait.
local stream, group, me, most = KEYS[1], ARGV[1], ARGV[2], tonumber(ARGV[3])
local tries, welcome = tonumber(ARGV[6]), ARGV[7]
local found, seen, taken, last, waiting = {{}}, {{}}, {{}}, nil, 0
local function look(...)
  for _, entry in ipairs(redis.call('XPENDING', stream, group, ...)) do
    if not seen[entry[1]] then
      seen[entry[1]] = true
      found[#found + 1] = entry
    end
  end
end
local function take(entry)
  local claimed = redis.call('XCLAIM', stream, group, me, 0, entry[1])
  if #claimed == 1 then taken[#taken + 1] = {{entry[1], entry[4] + 1, claimed[1][2]}} end
end
look(ARGV[5], '+', {WINDOW}, '{FREE}')
if ARGV[5] ~= '-' then look('-', '+', {WINDOW}, '{FREE}') end
look('IDLE', ARGV[4], '-', '+', {WINDOW})
local suspects = 0
for _, entry in ipairs(found) do
  if #taken >= most then break end
  local before = entry[4]
  if before == 0 or before >= tries then
    take(entry)
  elseif before + 1 >= tries then
    last, waiting = last or entry, waiting + 1
  elseif welcome == 'none' then
    waiting = waiting + 1
  else
    suspects = suspects + 1
    take(entry)
  end
end
if last and welcome == 'all' and suspects == 0 and #taken < most then
  take(last)
  waiting = waiting - 1
end
return {{taken, waiting}}
"""

HEARTBEAT: Final = """
-- KEYS stream; ARGV group, me, ids that are worked on. Returns those that are no longer mine.
local lost = {}
for i = 3, #ARGV do
  local held = redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[i], ARGV[i], 1, ARGV[2])
  if #held == 1 then
    redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, ARGV[i], 'JUSTID')
  else
    lost[#lost + 1] = ARGV[i]
  end
end
return lost
"""

GIVE_BACK: Final = f"""
-- KEYS stream; ARGV group, me, ids (none: all that are mine). A delivery that came to nothing by
-- nobody's fault is not counted.
local stream, group, me = KEYS[1], ARGV[1], ARGV[2]
local held = {{}}
if #ARGV == 2 then
  held = redis.call('XPENDING', stream, group, '-', '+', 100000, me)
else
  for i = 3, #ARGV do
    local entry = redis.call('XPENDING', stream, group, ARGV[i], ARGV[i], 1, me)
    if #entry == 1 then held[#held + 1] = entry[1] end
  end
end
for _, entry in ipairs(held) do
  redis.call('XCLAIM', stream, group, '{FREE}', 0, entry[1],
    'IDLE', 86400000, 'RETRYCOUNT', math.max(entry[4] - 1, 0), 'JUSTID')
end
if #ARGV == 2 and #redis.call('XPENDING', stream, group, '-', '+', 1, me) == 0 then
  redis.call('XGROUP', 'DELCONSUMER', stream, group, me)
end
return #held
"""

FINISH: Final = """
-- KEYS stream, stream of results, finished; ARGV group, entry, id, what is told before its place in
-- `finished`, then names and values of the result. Only the first to acknowledge writes.
if redis.call('XACK', KEYS[1], ARGV[1], ARGV[2]) == 0 then return 0 end
if redis.call('HEXISTS', KEYS[3], ARGV[3]) == 0 then
  local at = redis.call('XADD', KEYS[2], '*', unpack(ARGV, 5))
  redis.call('HSET', KEYS[3], ARGV[3], ARGV[4] .. ' ' .. at)
end
redis.call('XDEL', KEYS[1], ARGV[2])
return 1
"""

APPEND: Final = """
-- KEYS stream, failed, finished, batch, batches; ARGV name of the batch, how many entries it must
-- have, position behind these, '1' if they are the last, then for each: 'entry' or 'failed', id,
-- how many words, names and values. Returns how many it has now: others came first if that differs.
local count = tonumber(redis.call('HGET', KEYS[4], 'count') or '-1')
if count ~= tonumber(ARGV[2]) then return count end
local i = 5
while i <= #ARGV do
  local id, words = ARGV[i + 1], tonumber(ARGV[i + 2])
  if ARGV[i] == 'entry' then
    redis.call('XADD', KEYS[1], '*', unpack(ARGV, i + 3, i + 2 + words))
  else
    local at = redis.call('XADD', KEYS[2], '*', unpack(ARGV, i + 3, i + 2 + words))
    redis.call('HSET', KEYS[3], id, 'failed ' .. at)
  end
  i = i + 3 + words
  count = count + 1
end
redis.call('HSET', KEYS[4], 'count', count, 'position', ARGV[3], 'complete', ARGV[4])
redis.call('SADD', KEYS[5], ARGV[1])
return count
"""

BEGIN: Final = """
-- KEYS batch, batches; ARGV name, then names and values. Makes the batch if there is none, and
-- returns all that it holds.
if redis.call('EXISTS', KEYS[1]) == 0 then
  redis.call('HSET', KEYS[1], 'count', 0, unpack(ARGV, 2))
  redis.call('SADD', KEYS[2], ARGV[1])
end
return redis.call('HGETALL', KEYS[1])
"""

FETCH: Final = """
-- KEYS done, failed, finished; ARGV most bytes, ids. The results of the first ids, up to one that
-- is not finished: {names and values} each, and {} for one that was and is gone.
local results, bytes = {}, 0
for i = 2, #ARGV do
  local at = redis.call('HGET', KEYS[3], ARGV[i])
  if not at or bytes > tonumber(ARGV[1]) then break end
  local where, entry = at:match('^(%a+) (.+)$')
  local found = redis.call('XRANGE', where == 'done' and KEYS[1] or KEYS[2], entry, entry)
  local fields = #found == 1 and found[1][2] or {}
  for _, word in ipairs(fields) do bytes = bytes + #word end
  results[#results + 1] = fields
end
return results
"""

COLLECTED: Final = """
-- KEYS done, failed, finished, batch; ARGV how many are collected, where the output stands, ids
-- that are durable there. They are no longer needed here.
for i = 3, #ARGV do
  local at = redis.call('HGET', KEYS[3], ARGV[i])
  if at then
    local where, entry = at:match('^(%a+) (.+)$')
    redis.call('XDEL', where == 'done' and KEYS[1] or KEYS[2], entry)
    redis.call('HDEL', KEYS[3], ARGV[i])
  end
end
redis.call('HSET', KEYS[4], 'collected', ARGV[1], 'collecting', ARGV[2])
return 1
"""

DEPTH: Final = f"""
-- KEYS stream; ARGV group. How many there are, how many of those workers hold, the oldest's id (or
-- ''), and the server's time in seconds.
local there, held = redis.call('XLEN', KEYS[1]), 0
if there > 0 then
  for _, consumer in ipairs(redis.call('XPENDING', KEYS[1], ARGV[1])[4] or {{}}) do
    if consumer[1] ~= '{FREE}' then held = held + tonumber(consumer[2]) end
  end
end
local oldest = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)
return {{there, held, #oldest == 1 and oldest[1][1] or '', redis.call('TIME')[1]}}
"""

SWEEP: Final = f"""
-- KEYS stream; ARGV group, me, idle ms that tell one that is gone. Forgets consumers that hold
-- nothing and do nothing; returns how many. One that comes back is made anew when it reads.
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
local gone = 0
for _, words in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[1], ARGV[1])) do
  local consumer = {{}}
  for i = 1, #words, 2 do consumer[words[i]] = words[i + 1] end
  local name = consumer['name']
  if name ~= '{FREE}' and name ~= ARGV[2] and consumer['pending'] == 0
      and consumer['idle'] >= tonumber(ARGV[3]) then
    redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], name)
    gone = gone + 1
  end
end
return gone
"""

TELL: Final = """#!lua flags=allow-oom
-- KEYS hash; ARGV version that was seen ('': none, '*': any), version from now on, name and value
-- of a field. Writes only if nobody has written since; also where the server is full: it is small.
local version = redis.call('HGET', KEYS[1], 'version') or ''
if ARGV[1] ~= '*' and version ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'version', ARGV[2], ARGV[3], ARGV[4])
return 1
"""
