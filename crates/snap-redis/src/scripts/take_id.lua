-- Takes an external id for a body; the same body may have it again.
-- KEYS: the id on its day. ARGV: body digest, life in milliseconds.
if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return 1 end
if redis.call('GET', KEYS[1]) == ARGV[1] then return 1 end
return 0
