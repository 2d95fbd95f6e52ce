-- Confirms a claim, if it is still its holder's.
-- KEYS: replay key. ARGV: holder, what the names of claims begin with.
local name = redis.call('GET', KEYS[1])
if not name then return 0 end
if redis.call('HGET', ARGV[2] .. name, 'holder') ~= ARGV[1] then return 0 end
redis.call('HSET', ARGV[2] .. name, 'confirmed', '1')
return 1
