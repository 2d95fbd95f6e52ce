-- Grants the lease, also to whoever asks again because the first answer got lost.
-- KEYS: lease. ARGV: owner, life in milliseconds.
if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return 1 end
if redis.call('GET', KEYS[1]) == ARGV[1] then return 1 end
return 0
