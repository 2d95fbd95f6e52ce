-- To whom a token was issued, if the epoch of its client still stands.
-- KEYS: token. ARGV: what the names of epochs begin with.
local token = redis.call('HMGET', KEYS[1], 'epoch', 'environment', 'client', 'issued', 'expires')
if not token[1] then return false end
local epoch = redis.call('GET', ARGV[1] .. token[2] .. '|' .. token[3])
if epoch ~= token[1] then return false end
return {token[2], token[3], token[4], token[5]}
