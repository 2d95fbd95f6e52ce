
// Put after the settings: ends with 0 as soon as the client has a token, with 1 after five seconds.
let turns = 0;
setInterval(() => {
  if (snap.tokenB2B !== '') process.exit(0);
  if ((turns += 1) === 1000) process.exit(1);
}, 5);
