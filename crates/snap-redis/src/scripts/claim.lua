-- Claims a delivery by the four rules of `ReplayStore::claim`.
-- KEYS: replay key, delivery key. ARGV: name of a claim of its own, holder, body digest, how long a claim
-- is kept and how long it is held, in milliseconds, what the names of claims begin with, and the name of
-- this question: the same question again, because the answer got lost, has the same answer.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local keep, lease, names, question = tonumber(ARGV[4]), tonumber(ARGV[5]), ARGV[6], ARGV[7]
local function text(number) return string.format('%.0f', number) end

local function decide(name)
  local claim = redis.call('HMGET', names .. name, 'holder', 'until', 'confirmed', 'first', 'kind', 'question')
  if not claim[1] then return {'lost', '0'} end
  if claim[3] then return {'duplicate', claim[4]} end
  if claim[6] == question then return {claim[5], '0'} end
  if tonumber(claim[2]) > now then return {'pending', '0'} end
  redis.call('HSET', names .. name, 'holder', ARGV[2], 'until', text(now + lease), 'question', question)
  return {claim[5], '0'}
end

-- A key is gone before the claim that it leads to.
local function link(key, value)
  local life = math.max(1, math.min(keep, redis.call('PTTL', names .. string.sub(value, 1, 64)) - 30000))
  redis.call('SET', key, value, 'PX', text(life))
end

local name = redis.call('GET', KEYS[1])
if name then return decide(name) end
local delivery = redis.call('GET', KEYS[2])
local kind = 'new'
if delivery then
  name = string.sub(delivery, 1, 64)
  if string.sub(delivery, 66) == ARGV[3] then
    local decided = decide(name)
    if decided[1] ~= 'lost' then link(KEYS[1], name) end
    return decided
  end
  kind = 'conflict'
end
name = ARGV[1]
redis.call('HSET', names .. name, 'holder', ARGV[2], 'until', text(now + lease), 'first', text(now),
  'kind', kind, 'question', question)
redis.call('PEXPIRE', names .. name, text(keep + 60000))
link(KEYS[1], name)
if kind == 'new' then link(KEYS[2], name .. ' ' .. ARGV[3]) end
return {kind, '0'}
